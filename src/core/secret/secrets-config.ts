import { z } from 'zod';
import {
  placeOfSecret,
  SECRET_BACKEND_KINDS,
  type SecretBackendSettings,
  type SecretPlace,
  type SecretSettings,
} from './secret-settings.ts';
import { secretsIn } from './used-secrets.ts';

/** Where the secrets of one function are: part of the `config.json` beside its bundle. Names and places, never values. */
export interface SecretsConfig {
  readonly cacheSeconds: number;
  /** By name in the configuration; those that log in to a backend are here as well. */
  readonly places: Readonly<Record<string, SecretPlace>>;
  readonly backends: SecretBackendSettings;
}

/** What a function that uses these secrets has to know, and no more: its permissions follow from it. */
export function buildSecretsConfig(
  settings: SecretSettings,
  names: Iterable<string>,
): SecretsConfig {
  const places = new Map<string, SecretPlace>();
  for (const name of [...names].sort()) places.set(name, placeOfSecret(settings, name));
  const usesVault = [...places.values()].some(({ backend }) => backend === 'vault');
  const credentials = usesVault ? secretsIn(settings.vault?.auth) : [];
  for (const { name } of credentials) places.set(name, placeOfSecret(settings, name));
  return {
    cacheSeconds: settings.cacheSeconds,
    places: Object.fromEntries(places),
    backends: {
      vault: usesVault ? settings.vault : null,
      file: settings.file,
      secretsmanager: settings.secretsmanager,
      ssm: settings.ssm,
    },
  };
}

const keySettings = z.strictObject({ kmsKeyArn: z.string().nullable() });

/** The shape of SecretsConfig in a function's configuration. */
export const secretsConfigModel: z.ZodType<SecretsConfig> = z.strictObject({
  cacheSeconds: z.number().min(0),
  places: z.record(
    z.string(),
    z.strictObject({
      backend: z.enum(SECRET_BACKEND_KINDS),
      path: z.string(),
      key: z.string().nullable(),
      version: z.number().nullable(),
    }),
  ),
  backends: z.strictObject({
    vault: z
      .strictObject({
        address: z.string(),
        namespace: z.string().nullable(),
        mount: z.string(),
        auth: z.discriminatedUnion('method', [
          z.strictObject({ method: z.literal('token'), token: z.string() }),
          z.strictObject({
            method: z.literal('approle'),
            mount: z.string(),
            roleId: z.string(),
            secretId: z.string(),
          }),
        ]),
      })
      .nullable(),
    file: z.strictObject({ folder: z.string() }),
    secretsmanager: keySettings,
    ssm: keySettings,
  }),
});
