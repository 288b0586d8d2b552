export type Environment = Readonly<Record<string, string | undefined>>;

/** One thing that is wrong with the settings, in words a person can act on. Never holds the value of a secret. */
export interface SettingProblem {
  readonly setting: string;
  readonly code: 'SETTINGS_INVALID' | 'CREDENTIAL_MISSING';
  readonly found: string;
  readonly accepts: string;
  readonly example: string;
}

/** The problem as lines for a terminal or a log. */
export function describeProblem(p: SettingProblem): string {
  return `${p.code} ${p.setting}: found ${p.found}; accepted: ${p.accepts}; for example ${p.setting}=${p.example}`;
}
