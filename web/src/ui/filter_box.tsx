import { useState } from 'preact/hooks';

/** The filter language of the server, as text; Enter applies it. */
export function FilterBox({
  value,
  example,
  onChange,
}: {
  value: string;
  example: string;
  onChange(value: string): void;
}) {
  const [text, setText] = useState(value);
  return (
    <form
      class="filter"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(text.trim());
      }}
    >
      <label>
        filter{' '}
        <input
          type="search"
          value={text}
          placeholder={example}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Apply</button>
      {value && (
        <button type="button" onClick={() => onChange('')}>
          Clear
        </button>
      )}
    </form>
  );
}
