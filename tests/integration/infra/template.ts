/** What a compiled template would make, in a form that rules can be asked of. */

/** A resource that a template would make, wherever it stands in it. */
export interface Resource {
  readonly type: string;
  readonly scope?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** A template, or one of the modules in it. */
export interface Module {
  /** Name of the module; '' of the template itself. */
  readonly name: string;
  readonly resources: readonly Resource[];
  readonly outputs: Readonly<
    Record<string, { readonly type: string; readonly value?: unknown; readonly copy?: unknown }>
  >;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, { readonly type?: string; readonly $ref?: string }>>;
}

interface Template {
  readonly resources: Readonly<Record<string, Entry>> | readonly Entry[];
  readonly outputs?: Module['outputs'];
  readonly variables?: Module['variables'];
  readonly parameters?: Module['parameters'];
}

type Entry = Resource & { readonly existing?: boolean };

const DEPLOYMENT = 'Microsoft.Resources/deployments';

/** The template and all modules in it, without what they only refer to. */
export function modulesOf(template: unknown, name = ''): Module[] {
  const { resources, outputs = {}, variables = {}, parameters = {} } = template as Template;
  const entries = Object.entries(resources);
  const own = entries
    .map(([, entry]) => entry)
    .filter(({ existing, type }) => existing !== true && type !== DEPLOYMENT);
  const inner = entries
    .filter(([, { type }]) => type === DEPLOYMENT)
    .flatMap(([key, { properties }]) => modulesOf(properties?.['template'], key));
  return [{ name, resources: own, outputs, variables, parameters }, ...inner];
}

/** All resources of a compiled template and of the modules in it, without those that are only referred to. */
export function resourcesOf(template: unknown): Resource[] {
  return modulesOf(template).flatMap(({ resources }) => resources);
}
