/**
 * Keys of Azure tables may not hold `/ \ # ?` nor control characters
 * (https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model). Everything outside
 * letters, digits and a few marks is written as `!` and four hexadecimal digits per UTF-16 unit; distinct texts stay distinct.
 */
export function tableKey(text: string): string {
  return text.replace(/[^A-Za-z0-9._:-]/g, (c) =>
    [...Array(c.length).keys()].map((i) => `!${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
