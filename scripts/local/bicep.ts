/** The Bicep compiler, as a package that the .NET SDK brings; compiles infra/ with what it has to say. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGE_TRIES = 3;

export interface BicepFinding {
  /** `error`, `warning` or `note`. */
  readonly level: string;
  readonly rule: string;
  readonly text: string;
  /** `file:line`, from the compiled file's folder. */
  readonly place: string;
}

export interface BicepResult {
  readonly findings: readonly BicepFinding[];
  /** The ARM template; undefined when it does not compile. */
  readonly template: unknown;
}

/** Where the compiler is, fetched at first; undefined on a machine without the .NET SDK, which alone can fetch it. */
export async function bicepCompiler(root: string): Promise<string | undefined> {
  const project = path.join(root, 'infra', 'tools', 'bicep.csproj');
  const dotnet = (...args: string[]) =>
    run('dotnet', args, { env: { ...process.env, DOTNET_NOLOGO: '1', DOTNET_CLI_TELEMETRY_OPTOUT: '1' } });
  try {
    await dotnet('--version');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  for (let tries = 1; ; tries++) {
    try {
      await dotnet('restore', project);
      break;
    } catch (error) {
      if (tries === PACKAGE_TRIES) throw error;
    }
  }
  const { stdout } = await dotnet('msbuild', project, '-getProperty:BicepPath');
  const compiler = path.resolve(stdout.trim());
  if (!existsSync(compiler)) throw new Error(`The package that infra/tools/bicep.csproj names has no ${compiler}.`);
  return compiler;
}

/** Compiles and lints a file; whatever is wrong with it is a finding. */
export async function compileBicep(compiler: string, file: string): Promise<BicepResult> {
  const { stdout, stderr } = await run(compiler, ['build', file, '--stdout', '--diagnostics-format', 'sarif'], {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => error as { stdout: string; stderr: string });
  const sarif = JSON.parse(stderr) as Sarif;
  const findings = sarif.runs.flatMap(({ results }) =>
    results.map(({ level = 'warning', ruleId, message, locations: [location] }) => {
      const { artifactLocation, region } = location?.physicalLocation ?? {};
      const place = `${path.basename(artifactLocation?.uri ?? '')}:${region?.startLine ?? 0}`;
      return { level, rule: ruleId, text: message.text, place };
    }),
  );
  return { findings, template: stdout.trim() === '' ? undefined : (JSON.parse(stdout) as unknown) };
}

/** As much of SARIF 2.1.0 as is read; a result without a level is a warning. */
interface Sarif {
  readonly runs: readonly {
    readonly results: readonly {
      readonly level?: string;
      readonly ruleId: string;
      readonly message: { readonly text: string };
      readonly locations: readonly {
        readonly physicalLocation?: {
          readonly artifactLocation?: { readonly uri: string };
          readonly region?: { readonly startLine: number };
        };
      }[];
    }[];
  }[];
}
