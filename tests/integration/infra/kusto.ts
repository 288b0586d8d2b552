/** Binds Kusto queries against the tables of Application Insights, as the portal's editor does; nothing is run. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { runInThisContext } from 'node:vm';

/** Columns that all these tables have. */
const COMMON =
  'timestamp:datetime, itemType:string, customDimensions:dynamic, customMeasurements:dynamic, operation_Name:string, operation_Id:string, operation_ParentId:string, operation_SyntheticSource:string, session_Id:string, user_Id:string, user_AuthenticatedId:string, user_AccountId:string, application_Version:string, client_Type:string, client_Model:string, client_OS:string, client_IP:string, client_City:string, client_StateOrProvince:string, client_CountryOrRegion:string, client_Browser:string, cloud_RoleName:string, cloud_RoleInstance:string, appId:string, appName:string, iKey:string, sdkVersion:string, itemId:string, itemCount:int, _ResourceId:string';

/** https://learn.microsoft.com/azure/azure-monitor/app/data-model-complete, by the names that the component's own scope has. */
const TABLES: Readonly<Record<string, string>> = {
  requests:
    'id:string, source:string, name:string, url:string, success:string, resultCode:string, duration:real, performanceBucket:string',
  dependencies:
    'id:string, target:string, type:string, name:string, data:string, success:string, resultCode:string, duration:real, performanceBucket:string',
  traces: 'message:string, severityLevel:int',
  exceptions:
    'problemId:string, handledAt:string, type:string, message:string, assembly:string, method:string, outerType:string, outerMessage:string, outerAssembly:string, outerMethod:string, innermostType:string, innermostMessage:string, innermostAssembly:string, innermostMethod:string, severityLevel:int, details:dynamic',
  customMetrics:
    'name:string, value:real, valueCount:int, valueSum:real, valueMin:real, valueMax:real, valueStdDev:real',
  availabilityResults:
    'id:string, name:string, location:string, success:string, message:string, size:real, duration:real, performanceBucket:string',
};

interface List<T> {
  readonly Count: number;
  getItem(index: number): T;
}
interface Diagnostic {
  readonly Code: string;
  readonly Severity: string;
  readonly Message: string;
}
interface TableSymbol {
  WithName(name: string): TableSymbol;
}
interface Kusto {
  readonly Language: {
    readonly Symbols: {
      readonly TableSymbol: { From(schema: string): TableSymbol };
      readonly DatabaseSymbol: { readonly $ctor1: new (name: string, tables: readonly TableSymbol[]) => unknown };
    };
    readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
    readonly KustoCode: {
      ParseAndAnalyze(text: string, globals: unknown): { GetDiagnostics(): List<Diagnostic> };
    };
  };
}

/** What is wrong with a query, `CODE message` each. */
export type BindQuery = (text: string) => string[];

/** Loads Microsoft's own parser, which takes a second. */
export function createBindQuery(): BindQuery {
  const folder = path.dirname(createRequire(__filename).resolve('@kusto/language-service-next/package.json'));
  for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js'])
    runInThisContext(readFileSync(path.join(folder, file), 'utf8'), { filename: file });
  const { Symbols, GlobalState, KustoCode } = (runInThisContext('Kusto') as Kusto).Language;
  const tables = Object.entries(TABLES).map(([name, columns]) =>
    Symbols.TableSymbol.From(`(${columns}, ${COMMON})`).WithName(name),
  );
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('insights', tables));
  return (text) => {
    const found = KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics();
    return Array.from({ length: found.Count }, (_, i) => found.getItem(i)).map(
      ({ Code, Severity, Message }) => `${Code} ${Severity}: ${Message}`,
    );
  };
}
