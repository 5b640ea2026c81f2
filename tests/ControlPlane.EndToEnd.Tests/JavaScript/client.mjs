// Drives the product with Kubernetes' official JavaScript client, and prints a line for each thing that was as it should be.
//
//   node client.mjs MODULES KUBECONFIG NAMESPACE
//
// MODULES is the folder in which the client is installed; the namespace must be there, with a ready pod `web` in it.
import assert from 'node:assert/strict';
import net from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';

const [modules, kubeconfig, namespace] = process.argv.slice(2);
const k8s = await import(pathToFileURL(`${modules}/node_modules/@kubernetes/client-node/dist/index.js`).href);

const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const configMap = (name, k) => ({ metadata: { name, labels: { informed: 'yes' } }, data: { k } });
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const listInformed = (client) => client.listNamespacedConfigMap({ namespace, labelSelector: 'informed' });

/** Waits until it is so, 20 s at most. */
async function until(what, isSo) {
  for (let tries = 0; !(await isSo()); tries++) {
    assert.ok(tries < 400, `not within 20 s: ${what}`);
    await delay(50);
  }
}

async function typedObjects() {
  const made = await core.createNamespacedConfigMap({ namespace, body: configMap('one', '1') });
  await assert.rejects(core.createNamespacedConfigMap({ namespace, body: configMap('one', '1') }), (error) => error.code === 409 && /AlreadyExists/.test(error.body));
  made.data.k = '2';
  assert.equal((await core.replaceNamespacedConfigMap({ name: 'one', namespace, body: made })).data.k, '2');
  await assert.rejects(core.replaceNamespacedConfigMap({ name: 'one', namespace, body: made }), (error) => error.code === 409 && /Conflict/.test(error.body));
  assert.deepEqual((await listInformed(core)).items.map((one) => one.metadata.name), ['one']);
  assert.ok((await core.readNamespacedConfigMap({ name: 'one', namespace })).metadata.creationTimestamp instanceof Date);
  await core.deleteNamespacedConfigMap({ name: 'one', namespace });
  await assert.rejects(core.readNamespacedConfigMap({ name: 'one', namespace }), (error) => error.code === 404);
  console.log('typed objects');
}

async function watch() {
  const { metadata } = await listInformed(core);
  const seen = [];
  const done = new Promise((resolve) => {
    new k8s.Watch(config).watch(
      configMaps, { resourceVersion: metadata.resourceVersion, timeoutSeconds: 1 }, (type, one) => seen.push(`${type} ${one.metadata.name}`), resolve);
  });
  await core.createNamespacedConfigMap({ namespace, body: configMap('watched', '1') });
  await core.deleteNamespacedConfigMap({ name: 'watched', namespace });
  await done;
  assert.deepEqual(seen, ['ADDED watched', 'DELETED watched']);
  console.log('watch');
}

/** The way to the API through a proxy whose connections can be cut. */
async function breakable() {
  const target = new URL(config.getCurrentCluster().server);
  const sockets = new Set();
  const proxy = net.createServer((near) => {
    const far = net.connect(Number(target.port), target.hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one) && other.destroy());
    }
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const through = new k8s.KubeConfig();
  const cluster = { ...config.getCurrentCluster(), server: `https://127.0.0.1:${proxy.address().port}` };
  through.loadFromOptions({ clusters: [cluster], users: config.users, contexts: config.contexts, currentContext: config.currentContext });
  return { through, cut: () => sockets.forEach((one) => one.destroy()), close: () => proxy.close() };
}

async function informer() {
  const { through, cut, close } = await breakable();
  const informed = k8s.makeInformer(through, configMaps, () => listInformed(through.makeApiClient(k8s.CoreV1Api)), 'informed');
  const events = [];
  let connects = 0;
  let breaks = 0;
  for (const verb of ['add', 'update', 'delete']) {
    informed.on(verb, (one) => events.push(`${verb} ${one.metadata.name}`));
  }
  informed.on('connect', () => connects++);
  informed.on('error', () => {
    breaks++;
    setTimeout(() => informed.start(), 50);
  });
  await core.createNamespacedConfigMap({ namespace, body: configMap('one', '1') });
  await informed.start();
  await until('the first object', () => events.includes('add one'));

  cut();
  await core.createNamespacedConfigMap({ namespace, body: configMap('two', '1') });
  await core.replaceNamespacedConfigMap({ name: 'one', namespace, body: configMap('one', '2') });
  await core.deleteNamespacedConfigMap({ name: 'one', namespace });
  await until('what happened beside the break', () => events.includes('add two') && events.includes('delete one'));
  assert.ok(connects >= 2, `${connects} connections, ${breaks} breaks`);
  assert.deepEqual(informed.list(namespace).map((one) => one.metadata.name), ['two']);
  await informed.stop();
  cut();
  close();
  await core.deleteCollectionNamespacedConfigMap({ namespace, labelSelector: 'informed' });
  console.log('informer');
}

async function patches() {
  const labels = { app: 'patched' };
  await apps.createNamespacedDeployment({
    namespace,
    body: {
      metadata: { name: 'patched', labels },
      spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'hello:v1' }] } } },
    },
  });
  const patch = (strategy, body, options = {}) =>
    apps.patchNamespacedDeployment({ name: 'patched', namespace, body, ...options }, k8s.setHeaderOptions('Content-Type', strategy));
  await patch(k8s.PatchStrategy.JsonPatch, [{ op: 'add', path: '/metadata/labels/json', value: 'yes' }]);
  let patched = await patch(k8s.PatchStrategy.MergePatch, { metadata: { labels: { json: null, merge: 'yes' } } });
  assert.deepEqual(patched.metadata.labels, { app: 'patched', merge: 'yes' });
  patched = await patch(k8s.PatchStrategy.StrategicMergePatch, { spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'A', value: '1' }] }] } } } });
  assert.equal(patched.spec.template.spec.containers[0].image, 'hello:v1');
  const wish = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'patched', labels: { merge: 'mine' } } };
  await assert.rejects(patch(k8s.PatchStrategy.ServerSideApply, wish, { fieldManager: 'js' }), (error) => error.code === 409 && /\.metadata\.labels\.merge/.test(error.body));
  patched = await patch(k8s.PatchStrategy.ServerSideApply, wish, { fieldManager: 'js', force: true });
  assert.equal(patched.metadata.labels.merge, 'mine');
  const scale = await apps.readNamespacedDeploymentScale({ name: 'patched', namespace });
  assert.equal(scale.spec.replicas ?? 0, 0);
  console.log('patches');
}

async function exec() {
  const [output, errors] = [new PassThrough(), new PassThrough()];
  let [said, failed] = ['', ''];
  output.on('data', (data) => (said += data));
  errors.on('data', (data) => (failed += data));
  const status = await new Promise((resolve, reject) => {
    new k8s.Exec(config)
      .exec(namespace, 'web', 'web', ['sh', '-c', 'read line; echo "got $line"; echo err >&2; exit 3'], output, errors, Readable.from(['word\n']), false, resolve)
      .catch(reject);
  });
  await until('the outputs', () => said && failed);
  assert.equal(said, 'got word\n');
  assert.equal(failed, 'err\n');
  assert.equal(status.details.causes.find((cause) => cause.reason === 'ExitCode').message, '3');
  console.log('exec');
}

await typedObjects();
await watch();
await informer();
await patches();
await exec();
process.exit(0);
