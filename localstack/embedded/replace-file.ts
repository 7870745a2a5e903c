import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Replaces a file as a whole: after SIGKILL at any moment the path holds the old or the new content,
 * never a part. A left-over `.next` file is overwritten by the next call.
 */
export function replaceFile(filePath: string, content: string): void {
  mkdirSync(path.dirname(filePath), { recursive: true });
  const nextPath = `${filePath}.next`;
  writeFileSync(nextPath, content);
  renameSync(nextPath, filePath);
}
