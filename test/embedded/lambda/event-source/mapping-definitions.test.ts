import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MappingDefinitions } from '#embedded/lambda/event-source/mapping-definitions.ts';
import { temporaryFolder } from '../../kinesis/temporary-folder.ts';
import { mapping } from '../start-mappings.ts';

describe('definitions of mappings', () => {
  it('keep a change by the API until the template changes', () => {
    const stateDir = temporaryFolder();
    const definitions = () => new MappingDefinitions(stateDir);
    expect(definitions().declare(mapping)).toEqual(mapping);
    definitions().change({ ...mapping, enabled: false });
    expect(definitions().declare(mapping)).toEqual({ ...mapping, enabled: false });
    const declared = { ...mapping, batchSize: 7 };
    expect(definitions().declare(declared)).toEqual(declared);
    expect(definitions().declare(declared)).toEqual(declared);
  });

  it('bring back what the API created, and nothing that the template declares', () => {
    const stateDir = temporaryFolder();
    const definitions = new MappingDefinitions(stateDir);
    definitions.declare(mapping);
    definitions.change({ ...mapping, batchSize: 3 });
    const created = { ...mapping, id: 'b', functionName: 'reader' };
    definitions.change(created);
    definitions.change({ ...mapping, id: 'a' });
    const listed = new MappingDefinitions(stateDir).listCreated();
    expect(listed).toEqual([{ ...mapping, id: 'a' }, created]);
    definitions.remove('a');
    expect(definitions.listCreated()).toEqual([created]);
  });

  it('are empty without a folder, and take any id', () => {
    expect(new MappingDefinitions(path.join(temporaryFolder(), 'none')).listCreated()).toEqual([]);
    const stateDir = temporaryFolder();
    new MappingDefinitions(stateDir).declare({ ...mapping, id: '../x/y' });
    expect(readdirSync(stateDir)).toEqual(['definition-..%2Fx%2Fy.json']);
  });

  it.each(['', '{"version":2}', '{"version":1'])('name a damaged file: %j', (text) => {
    const stateDir = temporaryFolder();
    writeFileSync(path.join(stateDir, 'definition-a.json'), text);
    expect(() => new MappingDefinitions(stateDir).listCreated()).toThrow(
      /definition-a\.json is not a definition file of version 1; restore it, or delete it/,
    );
  });
});
