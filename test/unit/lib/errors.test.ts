import t from 'tap';
import { errorRows } from '../../../lib/errors.ts';

t.test('every error has a number and a name of its own, and says what to do', async (t) => {
  const repeated = (values: readonly (string | number)[]) => values.filter((value, i) => values.indexOf(value) !== i);
  t.same(repeated(errorRows.map((row) => row.code)), []);
  t.same(repeated(errorRows.map((row) => row.name)), []);
  t.same(
    errorRows.filter(
      (row) => !/^[a-z][a-z0-9-]+$/.test(row.name) || !row.meaning.endsWith('.') || !row.remedy.endsWith('.'),
    ),
    [],
  );
});
