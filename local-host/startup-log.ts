import type { LoadedApp } from './app-worker';
import type { AppIndex } from './indexing';
import type { Log } from './log';
import { withResolvedRoute } from './serve-config';
import type { HostSettings } from './settings/host-settings';
import { routePrefixOf } from './settings/http-settings';
import { RouteTable } from './triggers/http/route-table';

const NO_FUNCTIONS =
  "No job functions found. Try making your job classes and methods public. If you're using binding extensions (e.g. Azure Storage, ServiceBus, Timers, etc.) make sure you've called the registration method for the extension(s) in your startup code (e.g. builder.AddAzureStorage(), builder.AddServiceBus(), builder.AddTimers(), etc.).";

/** What the real host logs once it knows the app's functions, plus warnings about what would surprise. */
export function logStartup(log: Log, index: AppIndex, app: LoadedApp, settings: HostSettings): void {
  if (app.error) log.error(`Error: ${app.error.message}${app.error.stack === undefined ? '' : `\n${app.error.stack}`}`);
  const { functions } = index;
  log.information(`${functions.length} functions found (Custom)`);
  log.information(`${functions.length} functions loaded`);
  for (const error of index.errors) log.error(error);
  if (index.hostError === undefined) logRoutes(log, index, settings);
  for (const fn of functions)
    if (fn.disabled) log.information(`Function 'Functions.${fn.definition.name}' is disabled`);
  if (functions.length === 0) log.information(NO_FUNCTIONS);
  else
    log.information(
      `Found the following functions:\n${functions.map((fn) => `Host.Functions.${fn.definition.name}`).join('\n')}`,
    );
}

function logRoutes(log: Log, { functions }: AppIndex, settings: HostSettings): void {
  const served = functions
    .filter((fn) => fn.error === undefined && !fn.disabled)
    .map((fn) => withResolvedRoute(fn.definition, settings));
  const table = new RouteTable(served, routePrefixOf(settings));
  for (const { template, methods, fn } of table.routes)
    log.information(`Mapped function route '${template.text}' [${methods.join(',')}] to '${fn.name}'`);
  for (const { hidden, by } of table.hidden())
    log.warning(
      `Requests for '${hidden.template.text}' may never reach '${hidden.fn.name}': the Functions host tries routes by function name, and '${by.fn.name}' ('${by.template.text}') comes first and matches too. Make the routes distinct, or rename the functions.`,
    );
}
