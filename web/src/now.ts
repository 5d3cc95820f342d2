import { useEffect, useState } from 'preact/hooks';

/** The time, each second: for "3 s ago" and elapsed times. */
export function useNow(period_ms = 1000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), period_ms);
    return () => clearInterval(timer);
  }, [period_ms]);
  return now;
}
