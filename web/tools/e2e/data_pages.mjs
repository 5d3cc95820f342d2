// Pages of stored data: overview, runs, run, compare, trends.
import assert from 'node:assert/strict';
import { api, csvOf, need, settled, test, text, world } from './context.mjs';

test('overview: each cell leads to its run and names its origin', async (page) => {
  const cell = need(world.overview.cells[0], 'a run');
  await settled(page, '/');
  const link = page.locator(`a.figure[href="/runs/${cell.runId}"]`);
  await link.waitFor();
  const badges = await page.locator('.cell .badge').allInnerTexts();
  assert.equal(badges.length, world.overview.cells.length);
  const csv = await csvOf(page, page.locator('.table-box'));
  assert.equal(csv.lines.length, world.overview.cells.length + 1);
  await link.click();
  await page.waitForURL(`${world.base}/runs/${cell.runId}`);
  assert.match(await text(page, 'h1'), new RegExp(`Run ${cell.runId}`));
});

test('runs: the page shows what the server lists; filter is a permalink', async (page) => {
  const run = need(world.runs[0], 'a run');
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
  need(world.runs.length > 1, 'two runs');
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
  need(world.runs.length > 1, 'two runs');
  await settled(page, '/runs');
  await page
    .getByRole('checkbox', { name: `Choose ${world.runs[0].id} ` })
    .check();
  await page
    .getByRole('checkbox', { name: `Choose ${world.runs[1].id} ` })
    .check();
  await page.getByRole('button', { name: 'Compare 2' }).click();
  await page.waitForURL(
    `${world.base}/compare?runs=${world.runs[0].id},${world.runs[1].id}`,
  );
  await page.locator('section[aria-label="Environment"]').waitFor();
});

test('run: headline, layers, plan, flash and environment are those of the API', async (page) => {
  const run = need(world.full, 'a run');
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
  assert.match(await text(page, '.copy code >> nth=-1'), /tinyrig submit /);
});

test('run: layers sort by cycles, and the order is a permalink', async (page) => {
  const run = need(world.full, 'a run');
  await settled(page, `/runs/${run.id}`);
  await page
    .locator('section[aria-labelledby="layers"]')
    .getByRole('button', { name: 'cycles', exact: true })
    .click();
  await page.waitForURL(/layers=cycles/);
  await settled(page, page.url().slice(world.base.length));
  const csv = await csvOf(
    page,
    page.locator('section[aria-labelledby="layers"]'),
  );
  const column = csv.lines[0].split(',').indexOf('cycles');
  const most = Math.max(...run.layers.map((l) => Number(l.cycles)));
  assert.equal(Number(csv.lines[1].split(',')[column]), most);
});

test('run: a definition opens on focus and on hover', async (page) => {
  const run = need(world.full, 'a run');
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
  const run = need(world.withAccuracy, 'a run with a dataset');
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
  const run = need(
    world.full?.artifactSha256 && world.full,
    'a run with an artifact',
  );
  await settled(page, `/runs/${run.id}`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.files a').first().click(),
  ]);
  assert.match(download.suggestedFilename(), /\.tinyrig$/);
});

test('compare: equal runs differ in nothing; everything shows on request', async (page) => {
  const run = need(world.full, 'a run');
  const other = need(
    world.runs.find((r) => r.id !== run.id),
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
  const cell = need(world.overview.cells[0], 'a run');
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
