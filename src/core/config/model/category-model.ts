import { z } from 'zod';
import { typeModel } from './field-model.ts';
import { CATEGORY_PATTERN, MAX_FIELD_NAME, nameModel } from './name-model.ts';

/** config/categories/<group>.<name>.yaml: the fields every stream of a category has. */
export const categoryModel = z.strictObject({
  category: z
    .string()
    .regex(CATEGORY_PATTERN, { error: () => 'expected a category such as market.tick' })
    .describe('the name of this file without .yaml'),
  description: z.string().min(1).describe('what one event of the category is'),
  event_time: z
    .string()
    .optional()
    .describe('field with the event time; left out: the arrival time'),
  fields: z.record(nameModel(MAX_FIELD_NAME), typeModel).describe('required in every stream'),
});

/** The same with required keys left out or not, so that the rest is checked although something is missing. */
export const incompleteCategoryModel = categoryModel.partial();

export type CategoryInput = z.infer<typeof incompleteCategoryModel>;
