/** A resource that a template would make, wherever it stands in it. */
export interface Resource {
  readonly type: string;
  readonly scope?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly resources: Readonly<Record<string, Entry>> | readonly Entry[];
}

type Entry = Resource & { readonly existing?: boolean };

/** All resources of a compiled template and of the modules in it, without those that are only referred to. */
export function resourcesOf(template: unknown): Resource[] {
  const { resources } = template as Template;
  return Object.values(resources).flatMap((entry: Entry) => {
    if (entry.existing === true) return [];
    if (entry.type !== 'Microsoft.Resources/deployments') return [entry];
    return resourcesOf(entry.properties?.['template']);
  });
}
