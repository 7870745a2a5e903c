// Entry of every npm script: installs what is missing from the lock file, then goes on under Node 24.
// ES5 on purpose: any Node has to be able to parse this file, so that an old one gets a sentence and not a stack trace.
'use strict';
var MIN_MAJOR = 18;
var RUNTIME_MAJOR = 24;
if (parseInt(process.versions.node, 10) < MIN_MAJOR) {
  console.error(
    'Sluice needs Node ' +
      MIN_MAJOR +
      ' or newer to start (this is ' +
      process.versions.node +
      '); install it from https://nodejs.org and run the same command again.',
  );
  process.exit(1);
}
var fs = require('fs');
var path = require('path');
var crypto = require('crypto');
var childProcess = require('child_process');

var root = path.join(__dirname, '..');
var modules = path.join(root, 'node_modules');
var stampFile = path.join(modules, '.sluice-install');
var nodePackage = path.join(modules, 'node');
var node24 = path.join(nodePackage, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Hash of the lock file and the platform: a changed lock file or another machine means another install. */
function wantedStamp() {
  var lock = fs.readFileSync(path.join(root, 'package-lock.json'));
  return crypto
    .createHash('sha256')
    .update(lock)
    .update(process.platform + '-' + process.arch)
    .digest('hex');
}

function readOrNull(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function run(command, args, options) {
  var result = childProcess.spawnSync(command, args, options);
  if (result.error) {
    console.error(
      'sluice: cannot run "' +
        command +
        '": ' +
        result.error.message +
        '; expected npm on the PATH.',
    );
    process.exit(1);
  }
  if (result.status !== 0) {
    if (result.signal) process.exit(130); // Ctrl-C: whoever pressed it knows
    console.error(
      'sluice: "' +
        [path.basename(command)].concat(args).join(' ') +
        '" ended with status ' +
        result.status +
        '; the install is incomplete, run the same command again.',
    );
    process.exit(result.status || 1);
  }
}

function install() {
  console.error(
    'sluice: installing the packages of package-lock.json (once; about 700 MB, usually under two minutes) ...',
  );
  var env = Object.assign({}, process.env);
  delete env.NODE_ENV; // production would leave out the development dependencies
  delete env.npm_config_production;
  // stdout belongs to the command that follows (it may be --json): npm writes to stderr.
  var options = { cwd: root, env: env, stdio: ['ignore', 2, 2] };
  var npm = process.env.npm_execpath; // set when npm started us; a .js file to be run by this Node
  var args = [
    'ci',
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  if (npm && /\.c?js$/.test(npm)) run(process.execPath, [npm].concat(args), options);
  else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
  // The node package fetches its binary in an install script; scripts are off, so it is run by name.
  run(process.execPath, ['installArchSpecificPackage.js'], {
    cwd: nodePackage,
    env: env,
    stdio: ['ignore', 2, 2],
  });
  removeHeaders();
  linkCommands();
  fs.writeFileSync(stampFile, wantedStamp());
  console.error('sluice: installed.');
}

/** The binary package carries 67 MB of C++ headers and manuals that nothing here uses. */
function removeHeaders() {
  var inner = path.join(nodePackage, 'node_modules');
  fs.readdirSync(inner).forEach(function (name) {
    if (name.charAt(0) === '.') return;
    ['include', 'share'].forEach(function (folder) {
      fs.rmSync(path.join(inner, name, folder), { recursive: true, force: true });
    });
  });
}

/** Puts Node 24 first on the PATH of every npm script, and makes `npx sluice` work in this folder. */
function linkCommands() {
  if (process.platform === 'win32') return;
  link('node', path.join('..', 'node', 'bin', 'node'));
  link('sluice', path.join('..', '..', 'scripts', 'sluice.cjs'));
}

function link(name, target) {
  var file = path.join(modules, '.bin', name);
  fs.rmSync(file, { force: true });
  fs.symlinkSync(target, file);
}

if (readOrNull(stampFile) !== wantedStamp() || !fs.existsSync(node24)) install();

var runtime = parseInt(process.versions.node, 10) === RUNTIME_MAJOR ? process.execPath : node24;
var script = process.argv.slice(2);
var child = childProcess.spawn(runtime, ['--disable-warning=ExperimentalWarning'].concat(script), {
  cwd: process.cwd(),
  stdio: 'inherit',
});
['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
  process.on(signal, function () {
    child.kill(signal);
  });
});
// npm gives SIGTERM to its shell, and a shell ends without passing it on: losing the parent is the signal then.
var parent = process.ppid;
if (process.env.npm_lifecycle_event) {
  setInterval(function () {
    if (process.ppid !== parent) child.kill('SIGTERM');
  }, 500).unref();
}
child.on('exit', function (code, signal) {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else process.exit(code === null ? 1 : code);
});
