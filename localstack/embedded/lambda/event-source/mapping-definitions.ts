import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';
import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { readTextIfThere } from './checkpoints.ts';

interface StoredDefinition<C> {
  readonly version: 1;
  /** As the template declared it last; null for a mapping that the API created. */
  readonly declared: C | null;
  /** As it is now: a change by the API stays until the template changes. */
  readonly current: C;
}

const PREFIX = 'definition-';
const SUFFIX = '.json';

/** Settings of the mappings over restarts, one file each beside their checkpoints. */
export class MappingDefinitions<C extends { readonly id: string } = EventSourceMappingConfig> {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Settings of the mappings that the API created; the template brings its own. */
  listCreated(): readonly C[] {
    return fileNames(this.#stateDir).flatMap((name) => {
      const stored = this.#read(path.join(this.#stateDir, name));
      return stored === null || stored.declared !== null ? [] : [stored.current];
    });
  }

  /** What a mapping of the template is to be now: as declared, or as the API changed it since. */
  declare(declared: C): C {
    const stored = this.#read(this.#file(declared.id));
    // The stored copy went through JSON; compare like with like.
    const fresh: unknown = JSON.parse(JSON.stringify(declared));
    if (stored !== null && isDeepStrictEqual(stored.declared, fresh)) return stored.current;
    this.#write({ version: 1, declared, current: declared });
    return declared;
  }

  /** Keeps what the API set. */
  change(current: C): void {
    const declared = this.#read(this.#file(current.id))?.declared ?? null;
    this.#write({ version: 1, declared, current });
  }

  remove(mappingId: string): void {
    rmSync(this.#file(mappingId), { force: true });
  }

  #file(mappingId: string): string {
    return path.join(this.#stateDir, `${PREFIX}${encodeURIComponent(mappingId)}${SUFFIX}`);
  }

  #write(definition: StoredDefinition<C>): void {
    const file = this.#file(definition.current.id);
    replaceFile(file, `${JSON.stringify(definition, null, 2)}\n`);
  }

  #read(file: string): StoredDefinition<C> | null {
    const text = readTextIfThere(file);
    if (text === null) return null;
    try {
      const stored = JSON.parse(text) as StoredDefinition<C>;
      if (stored.version === 1) return stored;
    } catch (cause) {
      throw unreadable(file, cause);
    }
    throw unreadable(file, undefined);
  }
}

function fileNames(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).sort();
    return names.filter((name) => name.startsWith(PREFIX) && name.endsWith(SUFFIX));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function unreadable(file: string, cause: unknown): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `${file} is not a definition file of version 1; restore it, or delete it to take the template's settings`,
    { cause },
  );
}
