/** Where a claimed file lies below the processing root: `<YYYYMMDD>/<encoded session>/<file>`, the file with its subfolders. */

export interface ClaimedFile {
  readonly date: string;
  readonly session: string;
  /** With `/` between its folders. */
  readonly file: string;
}

export function claimedPath({ date, session, file }: ClaimedFile): string {
  return `${date}/${session}/${file}`;
}

/** Undefined for what nobody claimed: another depth, another date, a path that leaves its folder. */
export function parseClaimedPath(path: string): ClaimedFile | undefined {
  const [date = '', session = '', ...rest] = path.split('/');
  if (!/^\d{8}$/.test(date) || rest.length === 0) return undefined;
  if ([session, ...rest].some((segment) => segment === '' || segment === '.' || segment === '..')) return undefined;
  if (path.includes('\0')) return undefined;
  return { date, session, file: rest.join('/') };
}
