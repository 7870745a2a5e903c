import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';

/** File or folder that a stack's template refers to by S3 key. */
export interface FileAsset {
  readonly path: string;
  /** `zip`: a folder that a deployment uploads as an archive; `file`: uploaded as it is. */
  readonly packaging: 'zip' | 'file';
}

export interface AssemblyStack {
  readonly name: string;
  /** Parsed JSON of the template, unchecked. */
  readonly template: unknown;
  readonly assets: ReadonlyMap<string, FileAsset>;
}

/** A synthesized cloud assembly; stacks come after the stacks they depend on. */
export interface Assembly {
  readonly directory: string;
  readonly stacks: readonly AssemblyStack[];
}

const manifestModel = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      dependencies: z.array(z.string()).optional(),
      properties: z
        .object({
          templateFile: z.string().optional(),
          stackName: z.string().optional(),
          file: z.string().optional(),
        })
        .optional(),
    }),
  ),
});
type Manifest = z.infer<typeof manifestModel>;

const assetManifestModel = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.enum(['zip', 'file']) }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
  dockerImages: z.record(z.string(), z.unknown()).optional(),
});

/** Artifacts without anything to deploy: reports for people and tools. */
const REPORT_ARTIFACTS: ReadonlySet<string> = new Set(['cdk:tree', 'cdk:feature-flag-report']);

/**
 * Reads a cloud assembly: manifest, templates, asset manifests.
 * Throws OBJECT_NOT_FOUND when a file is missing, FORMAT_CORRUPT when one does not follow its schema and
 * FEATURE_UNSUPPORTED for artifacts that cannot run here. Source: AWS CDK, cloud-assembly-schema.
 */
export function loadAssembly(directory: string): Assembly {
  const manifest = readJson(directory, 'manifest.json', manifestModel);
  const unsupported = Object.entries(manifest.artifacts)
    .filter(([, { type }]) => !REPORT_ARTIFACTS.has(type) && !DEPLOYED_ARTIFACTS.has(type))
    .map(([id, { type }]) => `${id} (${type})`);
  if (unsupported.length > 0) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `cloud assembly ${directory}: the local cloud cannot deploy ${unsupported.join(', ')}; ` +
        'expected stacks and their file assets',
    );
  }
  const stacks = stackIdsInOrder(manifest).map((id) => loadStack(directory, manifest, id));
  return { directory, stacks };
}

const STACK = 'aws:cloudformation:stack';
const ASSET_MANIFEST = 'cdk:asset-manifest';
const DEPLOYED_ARTIFACTS: ReadonlySet<string> = new Set([STACK, ASSET_MANIFEST]);

/** Depth-first over the dependencies, in manifest order: the same assembly always gives the same order. */
function stackIdsInOrder(manifest: Manifest): string[] {
  const ordered: string[] = [];
  const visited = new Set<string>();
  const visit = (id: string): void => {
    if (visited.has(id)) return;
    visited.add(id);
    const artifact = manifest.artifacts[id];
    if (artifact === undefined) {
      throw new SluiceError(
        'FORMAT_CORRUPT',
        `manifest.json: a dependency names the unknown artifact "${id}"`,
      );
    }
    for (const dependency of artifact.dependencies ?? []) visit(dependency);
    if (artifact.type === STACK) ordered.push(id);
  };
  for (const id of Object.keys(manifest.artifacts)) visit(id);
  return ordered;
}

function loadStack(directory: string, manifest: Manifest, id: string): AssemblyStack {
  const artifact = manifest.artifacts[id];
  const templateFile = artifact?.properties?.templateFile;
  if (templateFile === undefined) {
    throw new SluiceError('FORMAT_CORRUPT', `manifest.json: stack ${id} has no templateFile`);
  }
  const assets = new Map<string, FileAsset>();
  for (const dependency of artifact?.dependencies ?? []) {
    const candidate = manifest.artifacts[dependency];
    if (candidate?.type !== ASSET_MANIFEST || candidate.properties?.file === undefined) continue;
    loadAssets(directory, candidate.properties.file, assets);
  }
  return {
    name: artifact?.properties?.stackName ?? id,
    template: readJson(directory, templateFile, z.unknown()),
    assets,
  };
}

function loadAssets(directory: string, file: string, assets: Map<string, FileAsset>): void {
  const { files, dockerImages } = readJson(directory, file, assetManifestModel);
  const images = Object.keys(dockerImages ?? {});
  if (images.length > 0) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `${file}: the local cloud runs no container images, got ${images.length}; expected file assets only`,
    );
  }
  for (const { source, destinations } of Object.values(files)) {
    for (const { objectKey } of Object.values(destinations)) {
      assets.set(objectKey, {
        path: insideDirectory(directory, source.path),
        packaging: source.packaging,
      });
    }
  }
}

function readJson<T>(directory: string, file: string, model: z.ZodType<T>): T {
  const filePath = insideDirectory(directory, file);
  let text: string;
  try {
    text = readFileSync(filePath, 'utf8');
  } catch (cause) {
    throw new SluiceError(
      'OBJECT_NOT_FOUND',
      `cloud assembly: cannot read ${filePath}; synthesize the stacks first`,
      { cause },
    );
  }
  try {
    return model.parse(JSON.parse(text));
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `${filePath}: expected a file of a cloud assembly; synthesize the stacks again`,
      { cause },
    );
  }
}

/** An assembly is closed: a path that leads out of it is not ours to run. */
function insideDirectory(directory: string, file: string): string {
  const absolute = path.resolve(directory, file);
  if (!absolute.startsWith(path.resolve(directory) + path.sep)) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `cloud assembly: expected a path inside ${directory}, got "${file}"`,
    );
  }
  return absolute;
}
