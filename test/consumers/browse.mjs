// SPDX-License-Identifier: Apache-2.0
// Looks at a page as people do: browse.mjs FILE.html FOLDER writes a picture for phone and desk, light
// and dark, and prints as JSON what the console said, what was asked for over the network, what
// axe-core found, and what the page is like.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(path.join(process.env.AVS_NPM_DIR, 'node_modules', 'x.js'));
const puppeteer = require('puppeteer-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const [file, folder] = process.argv.slice(2);
const said = { console: [], requests: [], violations: [], overflow: [], pages: [] };

const browser = await puppeteer.launch({
  executablePath: process.env.AVS_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  timeout: 120000,
});
for (const width of [390, 1280]) {
  for (const scheme of ['light', 'dark']) {
    const page = await browser.newPage();
    page.on('console', (line) => said.console.push(`${line.type()}: ${line.text()}`));
    page.on('pageerror', (error) => said.console.push(`error: ${error.message}`));
    page.on('request', (request) => said.requests.push(request.url()));
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(pathToFileURL(path.resolve(file)).href, { waitUntil: 'load', timeout: 120000 });
    await page.screenshot({ path: `${folder}/${width}-${scheme}.png`, fullPage: true });
    const state = await page.evaluate(() => ({
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      buttons: document.querySelectorAll('button').length,
      commands: document.querySelectorAll('.command').length,
      scripts: document.querySelectorAll('script').length,
      elements: [...new Set([...document.querySelectorAll('*')].map((each) => each.localName))].sort(),
      heading: document.querySelector('h1').textContent,
    }));
    said.overflow.push(state.overflow);
    said.pages.push(state);
    await page.evaluate(() => document.querySelectorAll('details').forEach((each) => { each.open = true; }));
    await page.screenshot({ path: `${folder}/${width}-${scheme}-open.png`, fullPage: true });
    await page.close();
    const second = await browser.newPage(); // axe itself is what the policy keeps out
    await second.setBypassCSP(true);
    await second.setViewport({ width, height: 900 });
    await second.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await second.goto(pathToFileURL(path.resolve(file)).href, { waitUntil: 'load', timeout: 120000 });
    await second.evaluate(() => document.querySelectorAll('details').forEach((each) => { each.open = true; }));
    await second.evaluate(axe);
    const result = await second.evaluate(() => window.axe.run());
    for (const each of result.violations) {
      said.violations.push(`${width} ${scheme} ${each.id}: ${each.nodes.map((node) => node.html).slice(0, 3).join(' | ')}`);
    }
    await second.close();
  }
}
await browser.close();
console.log(JSON.stringify(said));
