// What stands around every page: navigation, theme, the dead-server banner.
import { useEffect, useRef, useState } from 'preact/hooks';
import { checkHealth, getServerInfo, isServerDown, onHealth } from './api';
import { useLoad } from './load';
import { useLocation } from './router';
import { match, navigation, type Page } from './routes';
import { currentTheme, toggleTheme } from './theme';
import { ErrorBox, Loading } from './ui/state';

export function Shell() {
  const { path, params } = useLocation();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header path={path} />
      <DownBanner />
      <PageFrame path={path} params={params} />
      <Footer />
    </>
  );
}

function Header({ path }: { path: string }) {
  const [theme, setTheme] = useState(currentTheme());
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <header class="top">
      <a class="brand" href="/" aria-label="tinyrig, to the overview">
        <img src="/icon.svg" width="24" height="24" alt="" /> tinyrig
      </a>
      <nav aria-label="Pages">
        {navigation.map((item) => (
          <a
            key={item.href}
            href={item.href}
            {...(item.within.test(path)
              ? { 'aria-current': 'page' as const }
              : {})}
          >
            {item.text}
          </a>
        ))}
      </nav>
      <button
        type="button"
        class="theme"
        onClick={() => setTheme(toggleTheme())}
        aria-label={`Change to the ${other} theme`}
        title={`Change to the ${other} theme`}
      >
        <span aria-hidden="true">{theme === 'dark' ? '☀' : '☾'}</span>
      </button>
    </header>
  );
}

function DownBanner() {
  const [down, setDown] = useState(isServerDown());
  const [asking, setAsking] = useState(false);
  useEffect(() => onHealth(setDown), []);
  if (!down) return null;
  const retry = () => {
    setAsking(true);
    void checkHealth().then(() => setAsking(false));
  };
  return (
    <div class="banner" role="alert">
      <span>
        The server does not answer. What you see may be old; trying again by
        itself.
      </span>
      <button type="button" onClick={retry} disabled={asking}>
        {asking ? 'Asking…' : 'Retry now'}
      </button>
    </div>
  );
}

function PageFrame({
  path,
  params,
}: {
  path: string;
  params: URLSearchParams;
}) {
  const { route, id } = match(path);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const [loaded, setLoaded] = useState<{ route: typeof route; page: Page }>();
  const [error, setError] = useState<Error>();
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let gone = false;
    setError(undefined);
    route.load().then(
      (module) => !gone && setLoaded({ route, page: module.default }),
      (reason: unknown) =>
        !gone &&
        setError(reason instanceof Error ? reason : new Error(String(reason))),
    );
    return () => {
      gone = true;
    };
  }, [route, attempt]);

  useEffect(() => {
    document.title = `${route.title(id)} · tinyrig`;
    // A new page starts at its top and is announced; the first view is not.
    if (!first.current) {
      window.scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);

  const Shown = loaded?.route === route ? loaded.page : undefined;
  return (
    <main id="main" ref={main} tabIndex={-1} aria-label={route.title(id)}>
      {error ? (
        <ErrorBox error={error} retry={() => setAttempt(attempt + 1)} />
      ) : Shown ? (
        <Shown key={path} params={params} id={id} />
      ) : (
        <Loading what="the page" />
      )}
    </main>
  );
}

function Footer() {
  const info = useLoad('server', getServerInfo);
  return (
    <footer>
      <span>tinyrig{info.data ? ` ${info.data.version}` : ''}</span>
      <a href="/api/v1/openapi.json">HTTP interface</a>
      <a href="/metrics">Metrics</a>
    </footer>
  );
}
