import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LoadedApp } from './app-worker';
import type { AppIndex } from './indexing';
import type { Log } from './log';
import { withResolvedRoute } from './serve-config';
import type { HostSettings } from './settings/host-settings';
import { routePrefixOf } from './settings/http-settings';
import { compareIgnoringCase, RouteTable } from './triggers/http/route-table';

const NO_FUNCTIONS =
  "No job functions found. Try making your job classes and methods public. If you're using binding extensions (e.g. Azure Storage, ServiceBus, Timers, etc.) make sure you've called the registration method for the extension(s) in your startup code (e.g. builder.AddAzureStorage(), builder.AddServiceBus(), builder.AddTimers(), etc.).";

/** What the real host logs once it knows the app's functions, plus warnings about what would surprise. */
export function logStartup(
  log: Log,
  index: AppIndex,
  app: LoadedApp,
  settings: HostSettings,
  only: readonly string[] = [],
): void {
  if (app.error) log.error(`Error: ${app.error.message}${app.error.stack === undefined ? '' : `\n${app.error.stack}`}`);
  const { functions } = index;
  log.information(`${functions.length} functions found (Custom)`);
  log.information(`${functions.length} functions loaded`);
  for (const error of index.errors) log.error(error);
  if (index.hostError === undefined) logRoutes(log, index, settings);
  for (const fn of functions)
    if (fn.disabled) log.information(`Function 'Functions.${fn.definition.name}' is disabled`);
  warnOfUnknownNames(log, only, app);
  if (functions.length === 0) {
    log.information(NO_FUNCTIONS);
    if (!app.error) log.warning(noFunctionsRemedy(settings.appRoot, app.functions.length));
  } else
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

/** Names given with `--functions` or in host.json `functions` that the app does not have. */
function warnOfUnknownNames(log: Log, only: readonly string[], app: LoadedApp): void {
  const names = app.functions.map((fn) => fn.name);
  const unknown = only.filter((wanted) => !names.some((name) => name.toLowerCase() === wanted.toLowerCase()));
  if (unknown.length === 0 || app.error) return;
  const has = names.length === 0 ? 'it has none' : `it has: ${[...names].sort(compareIgnoringCase).join(', ')}`;
  log.warning(
    `The app has no function ${unknown.map((name) => `'${name}'`).join(', ')} (--functions, or "functions" in host.json); ${has}.`,
  );
}

/** The recorded line speaks of .NET; this one says what a JavaScript app lacks. */
function noFunctionsRemedy(appRoot: string, registered: number): string {
  if (registered > 0)
    return 'The app registers functions, but none is left to run: see the lines above, and --functions or "functions" in host.json.';
  const main = mainOf(appRoot);
  if (main === undefined)
    return `${path.join(appRoot, 'package.json')} has no "main", so no file of the app was loaded. Set "main" to the file or pattern that registers functions, for example "dist/src/functions/*.js".`;
  return `The app loaded '${main}' (package.json "main") and that registered no function. Call app.http(…) or another app.…() of @azure/functions there; if it is TypeScript, build it first (npm run build) and let "main" name the built files; see that the app uses one copy of @azure/functions, version 4.`;
}

function mainOf(appRoot: string): string | undefined {
  try {
    const { main } = JSON.parse(readFileSync(path.join(appRoot, 'package.json'), 'utf8')) as { main?: unknown };
    return typeof main === 'string' && main !== '' ? main : undefined;
  } catch {
    return undefined;
  }
}
