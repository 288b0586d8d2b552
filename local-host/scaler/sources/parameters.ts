/**
 * The parameters of a trigger as KEDA finds them: from its authentication, its metadata, or the setting that `<name>FromEnv` in
 * its metadata names. Every reader throws an Error that names the parameter and what it must be.
 */
import { nearestOf } from '../../cli-arguments';
import { setting, type HostSettings } from '../../settings/host-settings';
import type { ScaleTrigger } from '../scaled-object';

export class Parameters {
  /** What the sources found worth a word; shown at the start. */
  readonly warnings: string[] = [];

  constructor(
    readonly trigger: ScaleTrigger,
    readonly settings: Pick<HostSettings, 'values'>,
  ) {}

  /** Undefined when it is given nowhere, or empty. */
  text(name: string): string | undefined {
    const { authentication, metadata } = this.trigger;
    const variable = metadata[`${name}FromEnv`];
    const value =
      authentication[name] ?? metadata[name] ?? (variable === undefined ? '' : setting(this.settings, variable));
    return value === undefined || value.trim() === '' ? undefined : value.trim();
  }

  required(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    const variable = this.trigger.metadata[`${name}FromEnv`];
    throw new Error(
      variable === undefined
        ? `metadata.${name} (or ${name}FromEnv with the name of a setting) is missing.`
        : `metadata.${name}FromEnv names the setting ${variable}, which is not set: put it into the environment, or into Values of local.settings.json.`,
    );
  }

  /** A whole number of at least `least`. */
  whole(name: string, standard: number, least: number): number {
    const value = this.text(name);
    if (value === undefined) return standard;
    const number = Number(value);
    if (/^\d{1,15}$/.test(value) && number >= least) return number;
    throw new Error(`metadata.${name} is '${value}'; it must be a whole number, ${least} or more.`);
  }

  /** A number of at least `least`. */
  number(name: string, least: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (/^\d{1,15}(\.\d+)?$/.test(value) && number >= least) return number;
    throw new Error(`metadata.${name} is '${value}'; it must be a number, ${least} or more.`);
  }

  flag(name: string): boolean {
    const value = this.text(name);
    if (value === undefined || /^(false|f|0)$/i.test(value)) return false;
    if (/^(true|t|1)$/i.test(value)) return true;
    throw new Error(`metadata.${name} is '${value}'; it must be "true" or "false".`);
  }

  word<W extends string>(name: string, words: readonly W[], standard: W): W {
    const value = this.text(name);
    const found = words.find((word) => word === (value ?? standard));
    if (found !== undefined) return found;
    throw new Error(`metadata.${name} is '${value ?? ''}'; it must be ${words.join(' or ')}.`);
  }

  /** Refuses parameters that change the count in a way that is not reckoned here. */
  refuse(names: readonly string[]): void {
    for (const name of names)
      if (this.text(name) !== undefined && !/^(false|none|disable)$/i.test(this.text(name) ?? ''))
        throw new Error(`metadata.${name} is not reckoned here; leave it out.`);
  }

  /** A line for each name in the metadata that the trigger does not know: KEDA passes over it in silence. */
  unknown(known: readonly string[]): string[] {
    const names = known.flatMap((name) => [name, `${name}FromEnv`]);
    return Object.keys(this.trigger.metadata)
      .filter((name) => !names.includes(name))
      .map((name) => {
        const near = nearestOf(name, names);
        return `${this.trigger.where}.metadata.${name} is nothing that a ${this.trigger.type} trigger knows, and is passed over.${near === undefined ? '' : ` Did you mean '${near}'?`}`;
      });
  }
}
