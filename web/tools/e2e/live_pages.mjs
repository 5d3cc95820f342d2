// Pages of the lab as it is now: jobs, submit, lab.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { api, need, ready, settled, test, text, world } from './context.mjs';

test('jobs: list, live mark, a job with its log', async (page) => {
  const job = need(world.jobs[0], 'a job');
  await settled(page, '/jobs');
  await page.getByText('live', { exact: true }).waitFor();
  await page
    .locator(`section[aria-label="All jobs"] a[href="/jobs/${job.id}"]`)
    .first()
    .click();
  await page.waitForURL(`${world.base}/jobs/${job.id}`);
  await page.locator('[role="log"]').waitFor();
});

test('lab: each board with state, origin and last fault, live', async (page) => {
  need(world.boards[0], 'a board');
  await settled(page, '/lab');
  const rows = page.locator('.table-box').first().locator('tbody tr');
  await rows.first().waitFor();
  assert.equal(await rows.count(), world.boards.length);
  for (const board of world.boards) {
    const row = rows.filter({ hasText: board.name });
    await row.getByText(board.state, { exact: true }).waitFor();
    if (board.lastFault)
      assert.ok((await row.innerText()).includes(board.lastFault));
  }
});

test('a failure says whose it is: model, time-out', async (page) => {
  const duties = {
    MODEL: 'whoever owns the model',
    TIMEOUT: 'whoever submitted it',
  };
  for (const [name, who] of Object.entries(duties)) {
    const job = need(
      world.jobs.find((j) => j.failure?.failureClass === name),
      `a job that failed by ${name}`,
    );
    await settled(page, `/jobs/${job.id}`);
    const box = await text(page, 'main .error');
    for (const words of [name, job.failure.message, who])
      assert.ok(box.includes(words), `${words} in: ${box}`);
    await page.getByText('stopped here').first().waitFor({ state: 'attached' });
  }
});

test('a job that waits: its place in the queue; cancelled by mouse', async (page) => {
  const { lab } = need(world.lab && world, 'a lab of its own');
  await settled(page, '/jobs');
  const words = ['--board', 'nucleo_f412zg', '--on', 'desk/mute', '--detach'];
  const said = await lab.tinyrig(0, 'submit', lab.model, ...words);
  const id = said.match(/j-\d+/)[0];
  // It shows up by itself, in a page that was open before.
  const row = page.locator('section[aria-label="Queue"] tbody tr', {
    hasText: id,
  });
  await row.getByText('QUEUED', { exact: true }).waitFor();
  await row.getByRole('link', { name: id }).click();
  await page.waitForURL(`${world.base}/jobs/${id}`);
  await page.getByText(/position 1 in the queue/).waitFor();
  await page.getByRole('button', { name: `Cancel ${id}` }).click();
  await page.locator('h1').getByText('CANCELLED').waitFor();
  assert.equal((await api(`/jobs/${id}`)).state, 'CANCELLED');
});

/** A file dropped from the desktop, as far as a page can tell. */
async function drop(page, file) {
  const transfer = await page.evaluateHandle(
    ({ bytes, name }) => {
      const all = new DataTransfer();
      const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
      all.items.add(new File([raw], name));
      return all;
    },
    { bytes: readFileSync(file).toString('base64'), name: basename(file) },
  );
  for (const event of ['dragover', 'drop'])
    await page.dispatchEvent('.drop', event, { dataTransfer: transfer });
}

test(
  'submit to result by mouse: drop, two boards, a dataset, live to the run',
  async (page) => {
    const { lab } = need(world.lab && world, 'a lab of its own');
    const { datasets } = await api('/datasets');
    await settled(page, '/jobs');
    await page.getByRole('button', { name: 'Submit a model' }).click();
    await page.locator('fieldset input[name=board]').first().waitFor();
    await drop(page, lab.model);
    await page.getByText('digits.tflite').first().waitFor();
    for (const box of await page.locator('input[name=board]').all())
      await box.check();
    await page.getByLabel('dataset').first().selectOption(datasets[0].name);
    await page.getByLabel('recorded inferences').fill('5');
    await page.getByLabel('your name').fill('mouse');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    const sent = page.getByRole('status').filter({ hasText: 'Submitted' });
    await sent.waitFor();
    const ids = (await sent.innerText()).match(/j-\d+/g);
    assert.equal(ids.length, 2);
    // Both end under our eyes, and the list below fills by itself.
    const all = page.locator('section[aria-label="All jobs"]');
    for (const id of ids) {
      const row = all.locator('tbody tr').filter({
        has: page.locator(`a[href="/jobs/${id}"]`),
      });
      await row.getByText('SUCCEEDED').waitFor({ timeout: 150_000 });
    }
    await page.getByText('Nothing waits and nothing runs.').waitFor();
    await sent.getByRole('link').first().click();
    await page.waitForURL(/\/jobs\/j-\d+$/);
    await page.getByRole('link', { name: /See the result/ }).click();
    await page.waitForURL(/\/runs\/r-\d+$/);
    await ready(page);
    const run = await api(`/runs/${page.url().match(/r-\d+/)[0]}`);
    assert.equal(run.submitter, 'mouse');
    assert.equal(run.latency.cycles.length, 5);
    const headline = await text(page, 'dl.headline');
    const cycles = Number(run.latency.cyclesP50).toLocaleString('en-US');
    assert.ok(headline.includes(cycles), headline);
    await page.getByText(`${run.accuracy.correct} of`).first().waitFor();
  },
  { timeout: 240_000 },
);

test('one job on its page: stages go by, live, to the result', async (page) => {
  const { lab } = need(world.lab && world, 'a lab of its own');
  const words = ['--board', 'nucleo_f746zg', '--runs', '30', '--detach'];
  const said = await lab.tinyrig(
    ...[0, 'submit', lab.model, ...words, '--dataset', lab.dataset],
  );
  const id = said.match(/j-\d+/)[0];
  await page.goto(`${world.base}/jobs/${id}`);
  await page.locator('h1').getByText('RUNNING').waitFor();
  await page.locator('progress').waitFor();
  await page.locator('h1').getByText('SUCCEEDED').waitFor({ timeout: 150_000 });
  await page.getByRole('link', { name: /See the result/ }).waitFor();
});

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

test('submit: a broken model ends on a page that says so', async (page) => {
  need(world.lab, 'a lab of its own');
  await settled(page, '/jobs?submit=1');
  await page.setInputFiles('input[type=file]', {
    name: 'broken.tflite',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('this is no model'),
  });
  await page.locator('input[name=board]').first().check();
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
  await page.waitForURL(/\/jobs\/j-\d+$/);
  await page.locator('h1').getByText('FAILED').waitFor();
  assert.match(await text(page, 'main .error'), /MODEL/);
});
