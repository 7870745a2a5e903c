import { type Installed, installPython } from './judge-folder.ts';

const PYICEBERG = [
  'pyiceberg[glue,pyarrow,pyiceberg-core]==0.12.0',
  'pyarrow==26.0.1',
  'boto3==1.44.5',
];

/** PyIceberg with everything its scripts here need. */
export function installPyIceberg(): Installed {
  return installPython('pyiceberg', PYICEBERG);
}
