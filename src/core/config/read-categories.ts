import type { TextFile } from '#core/schema/schema-files.ts';
import type { Category } from './category.ts';
import { resolveCategory } from './resolve/resolve-category.ts';
import { type ConfigIssue, compareIssues } from './source/config-issue.ts';
import { checkNameInside, type FilesOf, readProjectFiles } from './source/project-files.ts';

/** Categories by name; what is wrong goes to the reports of their files. */
export function resolveCategories({ files }: FilesOf<'category'>): ReadonlyMap<string, Category> {
  return new Map(
    files.map((file) => {
      checkNameInside(file, 'category', file.value.category ?? file.name);
      return [file.name, resolveCategory(file.name, file.value, file.report)];
    }),
  );
}

export interface CategoriesReading {
  /** Those without an issue, by name. */
  readonly categories: ReadonlyMap<string, Category>;
  /** Of all category files. */
  readonly issues: readonly ConfigIssue[];
}

/** Reads the categories of a project, whatever state its other files are in. Pure. */
export function readCategories(files: readonly TextFile[]): CategoriesReading {
  const issues: ConfigIssue[] = [];
  const { category } = readProjectFiles(files, issues);
  const categories = resolveCategories(category);
  const own = issues.filter(({ file }) => file.startsWith('config/categories/'));
  const isValid = (name: string) =>
    !own.some(({ file }) => file === `config/categories/${name}.yaml`);
  return {
    categories: new Map([...categories].filter(([name]) => isValid(name))),
    issues: own.sort(compareIssues),
  };
}
