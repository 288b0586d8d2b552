/** UUID version 7 (RFC 9562, 5.7): sorts by time, then by chance. `random`: 10 bytes. */
export function uuidV7(timeMs: number, random: Uint8Array): string {
  const time = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, '0').slice(-12);
  const byte = (at: number, mask = 0xff, or = 0): string =>
    (((random[at] ?? 0) & mask) | or).toString(16).padStart(2, '0');
  const tail = [2, 3, 4, 5, 6, 7].map((at) => byte(at + 2)).join('');
  return `${time.slice(0, 8)}-${time.slice(8)}-${byte(0, 0x0f, 0x70)}${byte(1)}-${byte(2, 0x3f, 0x80)}${byte(3)}-${tail}`;
}
