export interface CorsRules {
  /** Exact origins, or `*`. Empty: CORS is off and the app sees every request. */
  readonly corsOrigins: readonly string[];
  readonly corsCredentials: boolean;
}

type Header = readonly [string, string];

/** Headers that let this origin read the answer; empty when it may not, or CORS is off. */
export function corsHeaders(origin: string | undefined, rules: CorsRules): readonly Header[] {
  if (origin === undefined || rules.corsOrigins.length === 0) return [];
  const any = rules.corsOrigins.includes('*');
  if (!any && !rules.corsOrigins.some((allowed) => allowed.replace(/\/$/, '') === origin)) return [];
  const headers: Header[] = [['access-control-allow-origin', any && !rules.corsCredentials ? '*' : origin]];
  if (!any || rules.corsCredentials) headers.push(['vary', 'Origin']);
  if (rules.corsCredentials) headers.push(['access-control-allow-credentials', 'true']);
  return headers;
}

/** The answer to a preflight request, or undefined when the request is none or CORS is off. */
export function preflightHeaders(
  method: string,
  headers: Readonly<Record<string, string>>,
  rules: CorsRules,
): readonly Header[] | undefined {
  const wanted = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || wanted === undefined || rules.corsOrigins.length === 0) return undefined;
  const allowed = corsHeaders(headers['origin'], rules);
  if (allowed.length === 0) return [];
  const names = headers['access-control-request-headers'];
  return [
    ...allowed,
    ['access-control-allow-methods', wanted],
    ...(names === undefined ? [] : ([['access-control-allow-headers', names]] as const)),
  ];
}
