import type { ConfigFileKind } from '../source/config-file.ts';
import type { FileModel } from '../source/model-issues.ts';
import { type CategoryInput, categoryModel, incompleteCategoryModel } from './category-model.ts';
import {
  DOMAIN_NOT_SUPPORTED,
  type DomainInput,
  domainModel,
  incompleteDomainModel,
} from './domain-model.ts';
import {
  type EnvironmentInput,
  environmentModel,
  type PlatformInput,
  platformModel,
  SETTINGS_NOT_SUPPORTED,
} from './settings-model.ts';

/** What each kind of file holds once it is read. */
export interface FileInputs {
  readonly platform: PlatformInput;
  readonly environment: EnvironmentInput;
  readonly category: CategoryInput;
  readonly domain: DomainInput;
}

/** What each kind of file follows. */
export const FILE_MODELS: { readonly [K in ConfigFileKind]: FileModel<FileInputs[K]> } = {
  platform: {
    schema: platformModel,
    incomplete: platformModel,
    notSupported: SETTINGS_NOT_SUPPORTED,
  },
  environment: {
    schema: environmentModel,
    incomplete: environmentModel,
    notSupported: SETTINGS_NOT_SUPPORTED,
  },
  category: {
    schema: categoryModel,
    incomplete: incompleteCategoryModel,
    notSupported: { keys: [], values: [] },
  },
  domain: {
    schema: domainModel,
    incomplete: incompleteDomainModel,
    notSupported: DOMAIN_NOT_SUPPORTED,
  },
};
