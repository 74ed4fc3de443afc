// Documentation of the HTTP interface, generated from the server's OpenAPI description.
import {h} from './dom.js';

const main = document.getElementById('main');
const description = await (await fetch('/api/openapi.json')).json();
const example = [
  `id=$(curl -s --data-binary @photo.jpg '${location.origin}/api/pictures?name=photo.jpg' | jq -r .id)`,
  `curl -s -H 'content-type: application/json' -d "{\\"photo\\": \\"$id\\", \\"n\\": 2}" ${location.origin}/api/verbs/vary/jobs`,
  `curl -s ${location.origin}/api/jobs          # when its state is "done":`,
  `curl -sO ${location.origin}/api/jobs/JOB/files/photo_vary_0.png`,
].join('\n');

main.append(h('p', {}, description.info.description, ' The complete OpenAPI description: ', h('a', {href: '/api/openapi.json'}, 'openapi.json'), '.'), h('pre', {class: 'command'}, example));

const byTag = new Map();
for (const [path, methods] of Object.entries(description.paths)) {
  for (const [method, about] of Object.entries(methods)) {
    const tag = about.tags?.[0] || 'more';
    if (!byTag.has(tag)) byTag.set(tag, []);
    byTag.get(tag).push({path, method, about});
  }
}

for (const [tag, all] of byTag) {
  main.append(h('h2', {}, tag));
  for (const {path, method, about} of all) {
    main.append(h('details', {class: 'request'},
      h('summary', {}, h('code', {}, `${method.toUpperCase()} ${path}`), ' ', h('span', {class: 'quiet'}, about.summary || '')),
      h('p', {}, about.description || ''),
      body(about)));
  }
}

function body(about) {
  const reference = about.requestBody?.content?.['application/json']?.schema?.$ref;
  if (!reference) return null;
  const schema = description.components.schemas[reference.split('/').at(-1)], needed = new Set(schema.required || []);
  return h('dl', {}, Object.entries(schema.properties || {}).flatMap(([name, one]) => [
    h('dt', {}, h('code', {}, name), needed.has(name) ? ' (required)' : ''), h('dd', {}, one.description || '')]));
}
