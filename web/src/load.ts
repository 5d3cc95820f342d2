// Loading as a hook: data, error, and a way to ask again.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { isServerDown, onHealth } from './api';

export interface Load<T> {
  /** The newest answer; while a changed key loads, the one before. */
  data?: T;
  error?: Error;
  loading: boolean;
  reload(): void;
  /** Replaces the data by what the page knows better (a live event). */
  set(data: T): void;
}

/** Loads when `key` changes and again when a dead server is back. */
export function useLoad<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<T>,
): Load<T> {
  const [state, setState] = useState<{
    data?: T;
    error?: Error;
    loading: boolean;
  }>({ loading: true });
  const [attempt, setAttempt] = useState(0);
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const control = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    latest.current(control.signal).then(
      (data) => {
        if (!control.signal.aborted) setState({ data, loading: false });
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        const real = error instanceof Error ? error : new Error(String(error));
        setState({ error: real, loading: false });
      },
    );
    return () => control.abort();
  }, [key, attempt]);

  useEffect(() => {
    let wasDown = isServerDown();
    return onHealth((down) => {
      if (wasDown && !down) setAttempt((n) => n + 1);
      wasDown = down;
    });
  }, []);

  const reload = useCallback(() => setAttempt((n) => n + 1), []);
  const set = useCallback((data: T) => setState({ data, loading: false }), []);
  return { ...state, reload, set };
}
