// The dashboard in Debian's Chromium against a running server with real runs.
//
//   TINYRIG_HTTP=http://127.0.0.1:7078 node tools/e2e.mjs [part of a test's name]
//   TINYRIG_MODEL=FILE.tflite TINYRIG_BOARD=ID   submit-to-result by mouse
//   TINYRIG_SHOTS=FOLDER                         a screenshot where a test fails
//
// It asks the server what there is and expects the pages to show just that. At
// least two finished runs are wanted; a test without its data says SKIPPED.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch } from './browser.mjs';

const base = (process.env.TINYRIG_HTTP ?? 'http://127.0.0.1:7079').replace(
  /\/$/,
  '',
);
const api = async (path) => {
  const reply = await fetch(`${base}/api/v1${path}`);
  if (!reply.ok)
    throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.json();
};
class Skip extends Error {}
const need = (value, what) => {
  if (!value) throw new Skip(what);
  return value;
};

const tests = [];
const test = (name, run, options = {}) => tests.push({ name, run, options });

const { runs } = await api('/runs?pageSize=100');
const { jobs } = await api('/jobs?pageSize=100');
const { boards } = await api('/boards?pageSize=100');
const overview = await api('/overview');
const full = runs[0] && (await api(`/runs/${runs[0].id}`));
const withAccuracy = runs.find(
  (r) => r.accuracy && Number(r.accuracy.total) > 0,
);

async function csvOf(page, box) {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    box.locator('[data-export]').first().click(),
  ]);
  const text = readFileSync(await download.path(), 'utf8');
  return {
    name: download.suggestedFilename(),
    lines: text.trimEnd().split('\r\n'),
  };
}

const settled = async (page, path) => {
  await page.goto(base + path);
  await page.waitForSelector('h1');
  await page.waitForFunction(() => !document.querySelector('.loading, .busy'));
};
const text = async (page, selector) =>
  (await page.locator(selector).first().innerText()).trim();

test('overview: each cell leads to its run and names its origin', async (page) => {
  const cell = need(overview.cells[0], 'a run');
  await settled(page, '/');
  const link = page.locator(`a.figure[href="/runs/${cell.runId}"]`);
  await link.waitFor();
  const badges = await page.locator('.cell .badge').allInnerTexts();
  assert.equal(badges.length, overview.cells.length);
  const csv = await csvOf(page, page.locator('.table-box'));
  assert.equal(csv.lines.length, overview.cells.length + 1);
  await link.click();
  await page.waitForURL(`${base}/runs/${cell.runId}`);
  assert.match(await text(page, 'h1'), new RegExp(`Run ${cell.runId}`));
});

test('runs: the page shows what the server lists; filter is a permalink', async (page) => {
  const run = need(runs[0], 'a run');
  await settled(page, `/runs?board=${encodeURIComponent(run.boardId)}`);
  const wanted = await api(
    `/runs?pageSize=50&filter=${encodeURIComponent(`board_id=${run.boardId}`)}`,
  );
  assert.equal(await page.locator('tbody tr').count(), wanted.runs.length);
  assert.equal(
    await page.locator('tbody tr td:nth-child(2)').first().innerText(),
    wanted.runs[0].id,
  );
  const csv = await csvOf(page, page.locator('.table-box'));
  assert.equal(csv.lines.length, wanted.runs.length + 1);
  assert.match(csv.lines[0], /us_p50,cycles_p50,sram_bytes/);
});

test('runs: sorting asks the server and stands in the URL', async (page) => {
  need(runs.length > 1, 'two runs');
  await settled(page, '/runs');
  await page.getByRole('button', { name: /^latency/ }).click();
  await page.waitForURL(/order=us_p50(\+|%20)desc/);
  await page.waitForFunction(() => !document.querySelector('.loading, .busy'));
  const csv = await csvOf(page, page.locator('.table-box'));
  const column = csv.lines[0].split(',').indexOf('us_p50');
  const values = csv.lines.slice(1).map((l) => Number(l.split(',')[column]));
  assert.deepEqual(
    values,
    [...values].sort((a, b) => b - a),
  );
});

test('runs: choose two by mouse, compare them', async (page) => {
  need(runs.length > 1, 'two runs');
  await settled(page, '/runs');
  await page.getByRole('checkbox', { name: `Choose ${runs[0].id} ` }).check();
  await page.getByRole('checkbox', { name: `Choose ${runs[1].id} ` }).check();
  await page.getByRole('button', { name: 'Compare 2' }).click();
  await page.waitForURL(`${base}/compare?runs=${runs[0].id},${runs[1].id}`);
  await page.locator('section[aria-label="Environment"]').waitFor();
});

test('run: headline, layers, plan, flash and environment are those of the API', async (page) => {
  const run = need(full, 'a run');
  await settled(page, `/runs/${run.id}`);
  const headline = await text(page, 'dl.headline');
  assert.ok(
    headline.includes(Number(run.latency.cyclesP50).toLocaleString('en-US')),
    headline,
  );
  assert.equal(await page.locator('h1 .badge').innerText(), run.origin);
  const layers = page.locator('section[aria-labelledby="layers"]');
  assert.equal(await layers.locator('tbody tr').count(), run.layers.length);
  assert.equal(await page.locator('rect.buffer').count(), run.plan.length);
  const samples = await csvOf(
    page,
    page.locator('section[aria-labelledby="samples"]'),
  );
  assert.deepEqual(
    samples.lines.slice(1).map((l) => l.split(',')[1]),
    run.latency.cycles,
  );
  const flash = await csvOf(
    page,
    page.locator('section[aria-labelledby="flash"]'),
  );
  const sum = flash.lines
    .slice(1)
    .reduce((n, l) => n + Number(l.split(',')[1]), 0);
  assert.equal(sum, Number(run.flash.totalBytes));
  const environment = await text(
    page,
    'section[aria-labelledby="environment"]',
  );
  for (const word of [run.environment.compiler, run.environment.boardUid])
    assert.ok(environment.includes(word), word);
  assert.match(
    await text(page, '.copy code >> nth=-1'),
    /^tinyrig submit |^[0-9a-f]+$/,
  );
});

test('run: layers sort by cycles, and the order is a permalink', async (page) => {
  const run = need(full, 'a run');
  await settled(page, `/runs/${run.id}`);
  await page
    .locator('section[aria-labelledby="layers"]')
    .getByRole('button', { name: 'cycles', exact: true })
    .click();
  await page.waitForURL(/layers=cycles/);
  await settled(page, page.url().slice(base.length));
  const csv = await csvOf(
    page,
    page.locator('section[aria-labelledby="layers"]'),
  );
  const column = csv.lines[0].split(',').indexOf('cycles');
  const most = Math.max(...run.layers.map((l) => Number(l.cycles)));
  assert.equal(Number(csv.lines[1].split(',')[column]), most);
});

test('run: a definition opens on focus and on hover', async (page) => {
  const run = need(full, 'a run');
  await settled(page, `/runs/${run.id}`);
  const word = page.locator('dl.headline .term-word').first();
  await word.focus();
  assert.match(
    await text(page, '.tip.open'),
    /median of all recorded inferences/i,
  );
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('.tip.open').count(), 0);
  await word.hover();
  await page.locator('.tip.open').waitFor();
});

test('run: confusion matrix and wrongly classified samples', async (page) => {
  const run = need(withAccuracy, 'a run with a dataset');
  await settled(page, `/runs/${run.id}`);
  const section = page.locator('section[aria-labelledby="accuracy"]');
  const wrong = Number(run.accuracy.total) - Number(run.accuracy.correct);
  if (wrong === 0) {
    await section.getByText('No sample was classified wrongly').waitFor();
    return;
  }
  await section.locator('.table-box tbody tr').first().waitFor();
  const rows = await section
    .locator('.table-box tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [
        row.children[2].textContent,
        row.children[3].textContent,
      ]),
    );
  assert.ok(rows.length <= wrong && rows.length > 0);
  for (const [truth, predicted] of rows) assert.notEqual(truth, predicted);
});

test('run: the artifact downloads with its name', async (page) => {
  const run = need(full?.artifactSha256 && full, 'a run with an artifact');
  await settled(page, `/runs/${run.id}`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.files a').first().click(),
  ]);
  assert.match(download.suggestedFilename(), /\.tinyrig$/);
});

test('compare: equal runs differ in nothing; everything shows on request', async (page) => {
  const run = need(full, 'a run');
  const other = need(
    runs.find((r) => r.id !== run.id),
    'two runs',
  );
  await settled(page, `/compare?runs=${run.id},${other.id}&all=1`);
  const figures = page.locator('section[aria-label="Figures"] tbody tr');
  const all = await figures.count();
  assert.ok(all >= 15);
  await page.getByRole('checkbox', { name: /show everything/ }).uncheck();
  await page.waitForURL((url) => !url.search.includes('all='));
  assert.ok((await figures.count()) <= all);
  assert.equal(
    (await page
      .locator('section[aria-label="Figures"] thead .badge, .empty-title')
      .count()) >= 1,
    true,
  );
});

test('trends: draws, exports, zooms by date; the zoom is a permalink', async (page) => {
  const cell = need(overview.cells[0], 'a run');
  const path = `/trends?model=${encodeURIComponent(cell.modelName)}&board=${encodeURIComponent(cell.boardId)}&metric=us_p50`;
  const trend = await api(
    `/trend?modelName=${encodeURIComponent(cell.modelName)}&boardId=${encodeURIComponent(cell.boardId)}&metric=us_p50&limit=1000`,
  );
  await settled(page, path);
  await page.locator('.uplot canvas').waitFor();
  const csv = await csvOf(page, page.locator('section[aria-label="Chart"]'));
  assert.equal(csv.lines.length, trend.points.length + 1);
  await settled(
    page,
    `${path}&from=2000-01-01T00:00:00Z&to=2000-01-02T00:00:00Z`,
  );
  assert.equal(await page.locator('tbody tr td a[href^="/runs/"]').count(), 0);
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.waitForURL((url) => !url.search.includes('from='));
});

test('jobs: list, live mark, a job with its log', async (page) => {
  const job = need(jobs[0], 'a job');
  await settled(page, '/jobs');
  await page.getByText('live', { exact: true }).waitFor();
  await page
    .locator(`section[aria-label="All jobs"] a[href="/jobs/${job.id}"]`)
    .click();
  await page.waitForURL(`${base}/jobs/${job.id}`);
  await page.locator('[role="log"]').waitFor();
});

test('lab: each board with state and origin, live', async (page) => {
  need(boards[0], 'a board');
  await settled(page, '/lab');
  await page.locator('.table-box tbody tr').first().waitFor();
  assert.equal(
    await page.locator('.table-box tbody tr').count(),
    boards.length,
  );
  for (const board of boards)
    await page
      .locator('.table-box')
      .getByText(board.name, { exact: true })
      .waitFor();
});

test(
  'submit to result by mouse',
  async (page) => {
    const model = need(process.env.TINYRIG_MODEL, 'TINYRIG_MODEL');
    await settled(page, '/jobs');
    await page.getByRole('button', { name: 'Submit a model' }).click();
    await page.setInputFiles('input[type=file]', model);
    const board = process.env.TINYRIG_BOARD;
    const boxes = page.locator('fieldset input[name=board]');
    await boxes.first().waitFor();
    await (
      board
        ? page.locator(`input[name=board][value="${board}"]`)
        : boxes.first()
    ).check();
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.waitForURL(/\/jobs\/j-\d+$/);
    await page
      .getByRole('link', { name: /See the result/ })
      .click({ timeout: 300_000 });
    await page.waitForURL(/\/runs\/r-\d+$/);
    await page.locator('dl.headline').waitFor();
  },
  { timeout: 320_000 },
);

test('submit: a wrong file is refused with a word on what is wanted', async (page) => {
  await settled(page, '/jobs?submit=1');
  await page.setInputFiles('input[type=file]', {
    name: 'model.onnx',
    mimeType: 'x/y',
    buffer: Buffer.from('x'),
  });
  await page.getByText(/a \.tflite or \.tinyrig file is wanted/).waitFor();
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.getByText('choose a .tflite file first').waitFor();
});

test(
  'errors: no such run, job and page',
  async (page) => {
    await settled(page, '/runs/r-999999999');
    assert.match(await text(page, '[role=alert]'), /NOT_FOUND/);
    await settled(page, '/jobs/j-999999999');
    assert.match(await text(page, '[role=alert]'), /NOT_FOUND/);
    await settled(page, '/nope');
    assert.match(await text(page, 'h1'), /Not found/);
    await settled(page, '/runs?filter=colour%3Dred');
    assert.match(await text(page, '[role=alert]'), /INVALID_ARGUMENT/);
  },
  { errors: /40[04]/ },
);

test('empty: a filter that nothing passes leads back', async (page) => {
  await settled(page, '/runs?model=no-such-model');
  await page.getByText('No run passes this filter.').waitFor();
  await page.getByRole('link', { name: 'Show all runs' }).click();
  await page.waitForURL(`${base}/runs`);
});

test(
  'a dead server: banner, retry, and the page comes back by itself',
  async (page) => {
    let dead = true;
    await page.route(/\/(api\/v1|healthz)/, (route) =>
      dead ? route.abort() : route.continue(),
    );
    await page.goto(`${base}/runs`);
    await page.getByText('The server does not answer.').waitFor();
    await page.locator('[role=alert]').getByText('UNREACHABLE').waitFor();
    dead = false;
    await page.getByRole('button', { name: 'Retry now' }).click();
    await page.waitForFunction(() => !document.querySelector('.banner'));
    await page.waitForFunction(
      () => !document.querySelector('.loading, .error'),
    );
  },
  { errors: /ERR_FAILED/ },
);

test('keyboard: skip link, navigation, focus moves to the new page', async (page) => {
  await settled(page, '/');
  await page.keyboard.press('Tab');
  assert.equal(
    await page.evaluate(() => document.activeElement.textContent),
    'Skip to the content',
  );
  await page.getByRole('link', { name: 'Lab', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`${base}/lab`);
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  assert.equal(await page.title(), 'Lab · tinyrig');
});

test('back and forward walk through the views', async (page) => {
  await settled(page, '/');
  await page.getByRole('link', { name: 'Runs', exact: true }).click();
  await page.getByRole('link', { name: 'Jobs', exact: true }).click();
  await page.goBack();
  await page.waitForFunction(
    () => document.querySelector('h1')?.textContent === 'Runs',
  );
  await page.goForward();
  await page.waitForFunction(() =>
    document.querySelector('h1')?.textContent.startsWith('Jobs'),
  );
});

test('themes: the system decides until the button is pressed, then it stays', async (page) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await settled(page, '/');
  const back = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await back();
  await page.getByRole('button', { name: /Change to the light theme/ }).click();
  assert.notEqual(await back(), dark);
  await page.reload();
  await page.waitForSelector('h1');
  assert.notEqual(await back(), dark);
});

test('names: every control and picture can be read aloud', async (page) => {
  for (const path of everyPage()) {
    await settled(page, path);
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, input, select, svg[role=img]')]
        .filter(
          (el) =>
            !(
              el.getAttribute('aria-label') ||
              el.textContent.trim() ||
              el.closest('label')?.textContent.trim() ||
              el.title
            ),
        )
        .map((el) => el.outerHTML.slice(0, 120)),
    );
    assert.deepEqual(nameless, [], path);
    assert.equal(await page.locator('h1').count(), 1, path);
  }
});

test('first view: small, and quick', async (page) => {
  let bytes = 0;
  page.on('response', async (reply) => {
    if (/\/assets\/|\/$/.test(reply.url()))
      bytes += (await reply.body().catch(() => '')).length;
  });
  const start = Date.now();
  await settled(page, '/');
  const took = Date.now() - start;
  console.log(
    `     first view ${took} ms, ${bytes} bytes of page before compression`,
  );
  assert.ok(bytes < 120_000, `${bytes} bytes`);
});

const everyPage = () => [
  '/',
  '/runs',
  '/trends',
  '/jobs?submit=1',
  '/lab',
  ...(runs[0] ? [`/runs/${runs[0].id}`] : []),
  ...(withAccuracy ? [`/runs/${withAccuracy.id}`] : []),
  ...(runs[1]
    ? [`/compare?runs=${runs[0].id},${runs[1].id}&all=1`]
    : ['/compare']),
  ...(jobs[0] ? [`/jobs/${jobs[0].id}`] : []),
];

for (const width of [320, 768, 1280, 2560]) {
  test(`no page is wider than the window at ${width} px`, async (page) => {
    await page.setViewportSize({ width, height: 800 });
    for (const path of everyPage()) {
      await settled(page, path);
      await page.waitForTimeout(150);
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
      );
      assert.ok(over <= 0, `${path}: ${over} px too wide`);
    }
  });
}

// ---- Runner -----------------------------------------------------------------

const only = process.argv[2];
const browser = await launch();
let failed = 0;
let skipped = 0;
const chosen = tests.filter((t) => !only || t.name.includes(only));
for (const { name, run, options } of chosen) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const noise = [];
  // A violated content-security policy is a console error as well.
  page.on(
    'console',
    (m) =>
      m.type() === 'error' &&
      !options.errors?.test(m.text()) &&
      noise.push(m.text()),
  );
  page.on('pageerror', (e) => noise.push(e.message));
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error('timed out')),
        options.timeout ?? 90_000,
      );
    });
    await Promise.race([run(page), late]);
    assert.deepEqual(noise, [], 'errors in the console');
    console.log(`ok   ${name}`);
  } catch (error) {
    if (error instanceof Skip) {
      skipped++;
      console.log(`SKIPPED: ${name} needs ${error.message}`);
    } else {
      failed++;
      console.log(
        `FAIL ${name}\n     ${String(error.message).split('\n').slice(0, 12).join('\n     ')}`,
      );
      if (noise.length)
        console.log(`     console: ${noise.slice(0, 3).join(' | ')}`);
      if (process.env.TINYRIG_SHOTS) {
        mkdirSync(process.env.TINYRIG_SHOTS, { recursive: true });
        await page.screenshot({
          path: join(
            process.env.TINYRIG_SHOTS,
            `${name.replace(/\W+/g, '-')}.png`,
          ),
          fullPage: true,
        });
      }
    }
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}
await browser.close();
console.log(
  `${chosen.length - failed - skipped} ok, ${failed} failed, ${skipped} skipped`,
);
process.exit(failed ? 1 : 0);
