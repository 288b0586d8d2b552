/**
 * Route constraints of ASP.NET Core, by the name they have in a template: `{id:int}`, `{code:length(3,5)}`.
 */
import { RouteError } from './route-error';

/** True when a parameter's text satisfies the constraint. */
export type RouteConstraint = (value: string) => boolean;

const INTEGER = /^\s*[+-]?\d+\s*$/;
const NUMBER = /^\s*[+-]?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const GUID =
  /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|\([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\))$/i;

const integerWithin = (low: bigint, high: bigint): RouteConstraint => {
  return (value) => {
    if (!INTEGER.test(value)) return false;
    const number = BigInt(value.trim().replace(/^\+/, ''));
    return number >= low && number <= high;
  };
};
const anyLong = integerWithin(-(2n ** 63n), 2n ** 63n - 1n);

const withoutArguments: Readonly<Record<string, RouteConstraint>> = {
  int: integerWithin(-(2n ** 31n), 2n ** 31n - 1n),
  long: anyLong,
  bool: (value) => /^\s*(true|false)\s*$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: (value) => NUMBER.test(value) && !/e/i.test(value),
  double: (value) => NUMBER.test(value),
  float: (value) => NUMBER.test(value),
  guid: (value) => GUID.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== '',
  file: (value) => /[^/]*\.[^/.]+$/.test(value),
  nonfile: (value) => !/[^/]*\.[^/.]+$/.test(value),
};

const withArguments: Readonly<Record<string, (argument: string, reference: string) => RouteConstraint>> = {
  length(argument, reference) {
    const [low, high] = integers(argument, reference, 1, 2);
    return (value) => BigInt(value.length) >= low && BigInt(value.length) <= (high ?? low);
  },
  minlength(argument, reference) {
    const [low] = integers(argument, reference, 1, 1);
    return (value) => BigInt(value.length) >= low;
  },
  maxlength(argument, reference) {
    const [high] = integers(argument, reference, 1, 1);
    return (value) => BigInt(value.length) <= high;
  },
  min(argument, reference) {
    const [low] = integers(argument, reference, 1, 1);
    return (value) => anyLong(value) && BigInt(value.trim().replace(/^\+/, '')) >= low;
  },
  max(argument, reference) {
    const [high] = integers(argument, reference, 1, 1);
    return (value) => anyLong(value) && BigInt(value.trim().replace(/^\+/, '')) <= high;
  },
  range(argument, reference) {
    const [low, high] = integers(argument, reference, 2, 2);
    return integerWithin(low, high ?? low);
  },
  regex(argument, reference) {
    try {
      const pattern = new RegExp(argument, 'i');
      return (value) => pattern.test(value);
    } catch (error) {
      throw new RouteError(`The constraint '${reference}' holds an invalid expression: ${(error as Error).message}`);
    }
  },
};

function integers(argument: string, reference: string, least: number, most: number): [bigint, ...bigint[]] {
  const parts = argument.split(',').map((part) => part.trim());
  const [first, ...rest] = parts
    .filter((part) => /^[+-]?\d+$/.test(part))
    .map((part) => BigInt(part.replace(/^\+/, '')));
  if (first === undefined || parts.length !== rest.length + 1 || parts.length < least || parts.length > most)
    throw new RouteError(`Could not find a constructor for the constraint '${reference}'.`);
  return [first, ...rest];
}

/**
 * @param reference as written, for example `int` or `range(1,5)`
 * @throws RouteError when there is no such constraint
 */
export function routeConstraint(reference: string): RouteConstraint {
  const match = /^([^(]*)(?:\((.*)\))?$/s.exec(reference);
  const name = (match?.[1] ?? reference).trim().toLowerCase();
  const argument = match?.[2];
  const plain = argument === undefined ? withoutArguments[name] : undefined;
  if (plain) return plain;
  const build = argument === undefined ? undefined : withArguments[name];
  if (build && argument !== undefined) return build(argument, reference);
  throw new RouteError(
    `The constraint reference '${name}' could not be resolved to a type. Register the constraint type with 'Microsoft.AspNetCore.Routing.RouteOptions.ConstraintMap'.`,
  );
}
