import { useId, useState } from 'preact/hooks';
import { ApiError } from '../api';

/** A filter that the server cannot read: said at the box, not as a page. */
export function filterProblem(
  filter: string,
  error: Error | undefined,
): ApiError | undefined {
  return filter && error instanceof ApiError && error.status === 400
    ? error
    : undefined;
}

/** The filter language of the server, as text; Enter applies it. */
export function FilterBox({
  value,
  examples,
  problem,
  onChange,
}: {
  value: string;
  /** Filters of this list that people want; the first is the placeholder. */
  examples: readonly string[];
  problem?: ApiError | undefined;
  onChange(value: string): void;
}) {
  const [text, setText] = useState(value);
  const problemId = useId();
  const inputId = useId();
  return (
    <div class="filter-box">
      <form
        class="filter"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          onChange(text.trim());
        }}
      >
        <label for={inputId}>
          filter{' '}
          <input
            id={inputId}
            type="search"
            value={text}
            placeholder={examples[0]}
            spellcheck={false}
            autocomplete="off"
            aria-invalid={!!problem}
            {...(problem ? { 'aria-describedby': problemId } : {})}
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
      {problem && (
        <p id={problemId} class="problem" role="alert">
          <span class="badge state-failed">{problem.code}</span>{' '}
          {problem.message}
        </p>
      )}
      <FilterHelp examples={examples} onPick={onChange} />
    </div>
  );
}

function FilterHelp({
  examples,
  onPick,
}: {
  examples: readonly string[];
  onPick(filter: string): void;
}) {
  return (
    <details class="filter-help">
      <summary>How to write a filter</summary>
      <p>
        <code>field OP value</code> with <code>=</code> <code>!=</code>{' '}
        <code>&lt;</code> <code>&lt;=</code> <code>&gt;</code>{' '}
        <code>&gt;=</code> or <code>:</code> (contains); joined by{' '}
        <code>AND</code>, <code>OR</code>, <code>NOT</code> and brackets. Values
        may be <code>20ms</code>, <code>64KiB</code>, <code>-24h</code> (before
        now), a date, or text in quotes; <code>*</code> stands for anything.
      </p>
      <ul>
        {examples.map((example) => (
          <li key={example}>
            <button
              type="button"
              class="as-code"
              onClick={() => onPick(example)}
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
