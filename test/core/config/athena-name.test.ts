import { describe, expect, it } from 'vitest';
import { columnNameProblem, tableNameProblem } from '#core/config/athena-name.ts';

/** Amazon Athena User Guide, "Escape reserved keywords in queries". */
describe('Athena names', () => {
  it('refuses columns that need quotes in a SELECT', () => {
    for (const word of ['order', 'end', 'first', 'current_date', 'skip']) {
      expect(columnNameProblem(word)).toContain(`got "${word}"`);
    }
  });

  it('takes columns that need quotes in DDL only', () => {
    for (const word of ['timestamp', 'date', 'user', 'size', 'constructor']) {
      expect(columnNameProblem(word)).toBeNull();
    }
  });

  it('refuses tables that need quotes anywhere', () => {
    for (const word of ['order', 'user', 'date', 'table']) {
      expect(tableNameProblem(word)).toContain(`got "${word}"`);
    }
    expect(tableNameProblem('orders')).toBeNull();
  });
});
