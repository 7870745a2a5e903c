import { jsonText, type TextFile } from '#core/schema/schema-files.ts';
import { categoryModel } from './model/category-model.ts';
import { domainModel } from './model/domain-model.ts';
import { environmentModel, platformModel } from './model/settings-model.ts';
import { jsonSchemaOf } from './source/model-keys.ts';

/** JSON Schemas that give completion and checks in editors; the first line of each YAML file names one. */
export function editorSchemas(): readonly TextFile[] {
  return [
    { name: 'category', model: categoryModel, title: 'Sluice category: required fields' },
    { name: 'domain', model: domainModel, title: 'Sluice domain' },
    { name: 'environment', model: environmentModel, title: 'Sluice environment' },
    { name: 'platform', model: platformModel, title: 'Sluice platform' },
  ].map(({ name, model, title }) => {
    const { $schema, ...schema } = { $schema: undefined, ...jsonSchemaOf(model) };
    return {
      path: `schemas/${name}.schema.json`,
      text: jsonText({ $schema, title, ...schema }),
    };
  });
}
