// The filter language and the export of everything, from the pages.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { api, need, ready, settled, test, world } from './context.mjs';

test('filter: the page shows what the server gives for it', async (page) => {
  need(world.runs[0], 'a run');
  const filter = 'board_id = nucleo_f746zg AND us_p50 < 1s AND NOT submitter:x';
  await settled(page, '/runs');
  await page.getByLabel('filter', { exact: true }).fill(filter);
  await page.keyboard.press('Enter');
  await page.waitForURL(/filter=/);
  await ready(page);
  const wanted = await api(
    `/runs?pageSize=50&filter=${encodeURIComponent(filter)}`,
  );
  assert.ok(wanted.runs.length > 0, 'a filter that some run passes');
  assert.deepEqual(
    await page.locator('tbody a[href^="/runs/"]').allInnerTexts(),
    wanted.runs.map((r) => r.id),
  );
});

test(
  'filter: a mistake is said at its box, and mended there',
  async (page) => {
    for (const path of ['/', '/runs', '/jobs']) {
      await settled(page, path);
      const box = page.getByLabel('filter', { exact: true });
      await box.fill('colour = red');
      await page.keyboard.press('Enter');
      await page.locator('.filter-box [role=alert]').waitFor();
      const said = await page.locator('.filter-box').innerText();
      assert.match(said, /INVALID_ARGUMENT/, path);
      assert.match(said, /colour/, path);
      assert.equal(await box.getAttribute('aria-invalid'), 'true', path);
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.waitForURL(world.base + path);
      await ready(page);
      assert.equal(await page.locator('[role=alert]').count(), 0, path);
    }
  },
  { errors: /400/ },
);

test('export all: every run and every sample, as they are stored', async (page) => {
  need(world.runs[0], 'a run');
  const { runs } = await api('/runs?pageSize=1000');
  const take = async (name) => {
    await settled(page, '/runs');
    await page.locator('summary', { hasText: 'Export all' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name, exact: true }).click(),
    ]);
    return readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\n');
  };
  assert.equal((await take('runs as CSV')).length, runs.length + 1);
  const samples = await take('samples as JSON lines');
  assert.equal(
    samples.length,
    runs.reduce((n, r) => n + r.latency.sampleCount, 0),
  );
  for (const line of samples) JSON.parse(line);
});
