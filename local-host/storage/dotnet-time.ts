/** A moment as .NET writes a DateTimeOffset in JSON: `2031-02-03T04:05:06+00:00`, with a fraction only when there is one. */
export function dotnetTime(at: Date | number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 19)}${fraction(iso)}+00:00`;
}

/** A moment as .NET writes a DateTime of UTC in JSON: `2031-02-03T04:05:06.7Z`. */
export function dotnetUtcTime(at: Date | number): string {
  const iso = new Date(at).toISOString();
  return `${iso.slice(0, 19)}${fraction(iso)}Z`;
}

/** A moment as .NET writes it into log lines: `2031-02-03T04:05:06.789+00:00`. */
export function dotnetLogTime(at: Date | number): string {
  return `${new Date(at).toISOString().slice(0, 23)}+00:00`;
}

function fraction(iso: string): string {
  const digits = iso.slice(20, 23).replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}
