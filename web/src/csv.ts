// Tables as CSV (RFC 4180), the same for every export of the dashboard.

export type Cell = string | number | boolean | undefined | null;

export interface Sheet {
  /** File name without ".csv". */
  name: string;
  /** Column names; units stand in them, as everywhere. */
  columns: string[];
  rows: Cell[][];
}

/** Text that a spreadsheet would run as a formula gets a leading quote. */
function cell(value: Cell): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') return String(value);
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
  const safe = /^[=+\-@\t\r]/.test(value) && !isNumber ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

export function toCsv(sheet: Sheet): string {
  return [sheet.columns, ...sheet.rows]
    .map((row) => row.map(cell).join(',') + '\r\n')
    .join('');
}

export function download(sheet: Sheet): void {
  const url = URL.createObjectURL(
    new Blob([toCsv(sheet)], { type: 'text/csv;charset=utf-8' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `${sheet.name.replace(/[^\w.-]+/g, '_')}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
