import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { errorRows } from '../../lib/errors.ts';
import { apiPage, apiPagePath } from '../../scripts/api-docs.ts';
import { errorPages } from '../../scripts/error-pages.ts';
import { languagePages } from '../../scripts/language-docs.ts';
import { streamPages } from '../../scripts/stream-docs.ts';
import { projectFiles, readSource, root } from './sources.ts';

t.test('every error row is distinct, says what to do, and has its page', async (t) => {
  t.equal(new Set(errorRows.map((row) => row.code)).size, errorRows.length, 'codes');
  t.equal(new Set(errorRows.map((row) => row.name)).size, errorRows.length, 'names');
  for (const row of errorRows) {
    t.match(row.name, /^[a-z]+(-[a-z0-9]+)*$/, row.name);
    t.match(row.meaning, /^[A-Z].*\.$/, `${row.name}: a sentence`);
    t.match(row.remedy, /^[A-Zp].*[.\w]$/, `${row.name}: what to do`);
  }
  const pages = errorPages();
  const present = projectFiles(/^docs\/errors\/.*\.md$/).map((path) => path.replace('docs/errors/', ''));
  t.strictSame(present.sort(), [...pages.keys()].sort(), 'pages are those of the rows: npm run error-pages');
  for (const [name, text] of pages) {
    const path = `docs/errors/${name}`;
    t.equal(existsSync(join(root, path)) ? readSource(path) : '', text, `${path} is current`);
  }
});

t.test('the page of the interface is that of its schemas, and says what every field means', async (t) => {
  t.equal(readSource(apiPagePath), apiPage(), 'docs/api.md is current: npm run api-docs');
  for (const { type, about, fields } of streamPages()) {
    t.match(about, /^[A-Z].*\.$/, `the frame ${type} is explained`);
    for (const { name, form, meaning } of fields)
      t.ok(form !== '' && meaning !== '', `${type}.${name}: ${form}: ${meaning}`);
  }
});

t.test('the pages of the language are those of its code', async (t) => {
  for (const [path, text] of languagePages())
    t.equal(existsSync(join(root, path)) ? readSource(path) : '', text, `${path} is current: npm run language-docs`);
});

t.test('links between documents lead somewhere', async (t) => {
  for (const path of projectFiles(/^(README|docs\/.*)\.?.*\.md$/)) {
    for (const [, target = ''] of readSource(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      t.ok(existsSync(join(root, dirname(path), target)), `${path} → ${target}`);
    }
  }
});
