/** Kubernetes' and KEDA's own types: what a cluster would refuse, unknown fields among it, is refused here. */
import path from 'node:path';
import ts from 'typescript';
import { projectRoot } from './app-under-test';

/** Module and type for each kind that the chart may make. */
const TYPES: Readonly<Record<string, readonly [module: string, type: string]>> = {
  'apps/v1 Deployment': ['kubernetes-models/apps/v1', 'IDeployment'],
  'v1 Service': ['kubernetes-models/v1', 'IService'],
  'v1 ServiceAccount': ['kubernetes-models/v1', 'IServiceAccount'],
  'v1 PersistentVolume': ['kubernetes-models/v1', 'IPersistentVolume'],
  'v1 PersistentVolumeClaim': ['kubernetes-models/v1', 'IPersistentVolumeClaim'],
  'policy/v1 PodDisruptionBudget': ['kubernetes-models/policy/v1', 'IPodDisruptionBudget'],
  'keda.sh/v1alpha1 ScaledObject': ['@kubernetes-models/keda/keda.sh/v1alpha1', 'IScaledObject'],
  'keda.sh/v1alpha1 TriggerAuthentication': ['@kubernetes-models/keda/keda.sh/v1alpha1', 'ITriggerAuthentication'],
};

/** What is wrong with these documents: one line each, with the document's kind and name. */
export function problemsOf(
  documents: readonly {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string };
  }[],
): string[] {
  const lines: string[] = [];
  const unknown: string[] = [];
  documents.forEach((document, i) => {
    const [module, type] = TYPES[`${document.apiVersion} ${document.kind}`] ?? [];
    if (module === undefined) unknown.push(`${document.apiVersion} ${document.kind} is a kind that nobody looks at`);
    // A literal, so that the compiler counts fields that the type does not have as errors, however deep they stand.
    else
      lines.push(
        `import type { ${type} as T${i} } from '${module}'; export const d${i}: T${i} = ${JSON.stringify(document)};`,
      );
  });
  const file = path.join(projectRoot, 'tests', 'rendered-manifests.ts');
  const source = ts.createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ES2022, true);
  const options: ts.CompilerOptions = {
    ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
    },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, ...rest) => (name === file ? source : getSourceFile.call(host, name, ...rest));
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  const program = ts.createProgram([file], options, host);
  const found = ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0, file: where }) => {
    const line = where?.getLineAndCharacterOfPosition(start).line ?? 0;
    const { kind, metadata } = documents.filter(({ apiVersion, kind: of }) => TYPES[`${apiVersion} ${of}`])[line] ?? {};
    return `${kind} ${metadata?.name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
  return [...unknown, ...found];
}
