import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export interface FakeDocker {
  readonly command: string;
  /** Command lines it was called with, and the catalogue's address it saw. */
  calls(): readonly string[];
}

/** A program in Docker's place that answers by the words of its command line; `cases` are branches of a shell's case. */
export function fakeDocker(cases: string): FakeDocker {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-docker-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const command = path.join(folder, 'docker');
  const log = path.join(folder, 'calls');
  writeFileSync(log, '');
  writeFileSync(
    command,
    `#!/bin/sh\necho "$* $SLUICE_CATALOG_URI" >> ${log}\ncase "$*" in\n${cases}\nesac\n`,
  );
  chmodSync(command, 0o755);
  return {
    command,
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
  };
}

/** Branches of a Docker whose engine and Compose are there. */
export const HEALTHY = `version*) echo 28.2.2 ;;
"compose version"*) echo 2.39.4 ;;`;
