import { download, type Sheet } from '../csv';

/** Exports the data that the table or chart beside it shows. */
export function ExportButton({ sheet }: { sheet: () => Sheet }) {
  return (
    <button
      type="button"
      class="export"
      data-export
      onClick={() => download(sheet())}
      title="Download what is shown as CSV"
    >
      CSV<span class="visually-hidden"> of {sheet().name}</span>
    </button>
  );
}
