/** The sources of a ScaledObject's triggers; the one table of the kinds that are known. */
import { nearestOf } from '../../cli-arguments';
import { ManifestError } from '../manifest/manifest-error';
import type { MetricSource } from '../metric-source';
import type { ScaledObject } from '../scaled-object';
import { eventHubs } from './event-hubs';
import { kafka } from './kafka';
import { Parameters } from './parameters';
import { rabbitmq } from './rabbitmq';
import type { SourceContext, SourcePlugin } from './source-plugin';
import { storageQueue } from './storage-queue';

const PLUGINS: readonly SourcePlugin[] = [rabbitmq, storageQueue, kafka, eventHubs];

export interface ObjectWithSources {
  readonly object: ScaledObject;
  /** In the order of its triggers. */
  readonly sources: readonly MetricSource[];
}

/**
 * Connects to nothing yet.
 * @throws ManifestError with a line for each trigger that cannot be used
 */
export function createSources(
  objects: readonly ScaledObject[],
  context: SourceContext,
): { readonly objects: readonly ObjectWithSources[]; readonly warnings: readonly string[] } {
  const problems: string[] = [];
  const warnings: string[] = [];
  const made = objects.map((object) => {
    const sources = object.triggers.flatMap((trigger) => {
      const plugin = PLUGINS.find(({ type }) => type === trigger.type);
      const parameters = new Parameters(trigger, context.settings);
      try {
        if (!plugin) throw new Error(unknownType(trigger.type));
        const source = plugin.create(parameters, context);
        warnings.push(...parameters.unknown(plugin.parameters), ...parameters.warnings);
        return [source];
      } catch (error) {
        problems.push(`${trigger.where} (${trigger.type}): ${error instanceof Error ? error.message : String(error)}`);
        return [];
      }
    });
    return { object, sources };
  });
  if (problems.length > 0) throw new ManifestError(problems);
  return { objects: made, warnings };
}

function unknownType(type: string): string {
  const known = PLUGINS.map((plugin) => plugin.type);
  const near = nearestOf(type, known);
  return `the local host has no scaler of this type; it has ${known.join(', ')}.${near === undefined ? '' : ` Did you mean '${near}'?`}`;
}
