import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expressionChecks } from '#core/config/expression-checks.ts';
import { parseProject } from '#core/config/parse-project.ts';
import type { TextFile } from '#core/schema/schema-files.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { below, type Draw, mutateText, pick } from '../mutate.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const WORDS = ['streams', 'fields', 'type', 'strings', 'mapping', 'watermrk', '10s', '-1', '!!set'];

/** Configuration files with typing errors, unknown keys, wrong types and broken YAML; one file of the project at a time. */
export const domainYaml: FuzzTarget = {
  name: 'domain-yaml',
  async prepare() {
    const files = configFiles();
    const small = files.filter(({ text }) => text.length < 1_500);
    return {
      run(draw) {
        const broken = damaged(draw, below(draw, 8) === 0 ? files : small);
        const project = files.map((file) => (file.path === broken.path ? broken : file));
        const reading = parseProject(project, 'local', expressionChecks);
        if (reading.ok) return 'accepted';
        for (const { file, line, column, message } of reading.issues) {
          if (line < 1 || column < 1 || file === '' || message.trim() === '')
            throw new Error(`issue without a place: ${file}:${line}:${column} ${message}`);
        }
        if (reading.issues.length === 0) throw new Error('refused without an issue');
        return 'refused';
      },
    };
  },
};

function damaged(draw: Draw, files: readonly TextFile[]): TextFile {
  const file = pick(draw, files);
  return { ...file, text: mutateText(draw, [file.text], WORDS) };
}

function configFiles(): readonly TextFile[] {
  return ['config', 'config/environments', 'config/categories', 'domains'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => ({
        path: `${folder}/${name}`,
        text: readFileSync(path.join(ROOT, folder, name), 'utf8'),
      })),
  );
}
