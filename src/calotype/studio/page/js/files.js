// Files as people hand them over: one, several, or whole folders, chosen or dropped.

const PICTURES = /\.(a?png|jpe?g|jpe|jfif|mpo|webp|gif|tiff?|bmp|p[pgbn]m|tga|jp2|j2k|avif|hei[cf])$/i;

/** A file and where it was: {file, path}, the path with the chosen folder's name in front. */
const handed = (file, path = '') => ({file, path: path || file.webkitRelativePath || file.name});

/** Files that somebody chooses, as {file, path}; a whole folder with `folder`. Nothing where they do not. */
export function chooseMany({folder = false, accept = 'image/*,.heic,.heif'} = {}) {
  return new Promise((resolve) => {
    const input = Object.assign(document.createElement('input'), {type: 'file', multiple: true, hidden: true});
    if (folder) input.webkitdirectory = true; else input.accept = accept;
    input.className = folder ? 'folder' : 'files';
    input.setAttribute('aria-hidden', 'true');
    const end = (files) => { input.remove(); resolve(files); };
    input.onchange = () => end([...input.files].map((file) => handed(file)));
    input.oncancel = () => end([]);
    document.body.append(input);
    input.click();
  });
}

/** What was dropped, folders walked through: {files, folders}, the latter the names of dropped folders. */
export async function dropped(transfer) {
  const entries = [...(transfer?.items || [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const folders = entries.filter((entry) => entry.isDirectory).map((entry) => entry.name);
  if (!folders.length) return {files: [...(transfer?.files || [])].map((file) => handed(file)), folders};
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return {files, folders};
}

async function walk(entry, files) {
  if (entry.name.startsWith('.')) return;
  if (entry.isFile) {
    files.push(handed(await new Promise((resolve, reject) => entry.file(resolve, reject)), entry.fullPath.replace(/^\//, '')));
    return;
  }
  const reader = entry.createReader();
  // It hands over some at a time, and nothing when there is no more.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, files);
  }
}

/**
 * The pictures among files, and how many others there are: {pictures, beside, others, name}. Name and paths are within one common folder.
 * Of a set with samples.jsonl, as `calotype data` makes it, the pictures are those in images/, and `beside` is what is known of them: maps are no pictures.
 */
export function picturesOf(files) {
  const seen = files.filter(({path}) => !path.split('/').some((part) => part.startsWith('.')));
  const samples = samplesOf(seen);
  if (samples) return samples;
  const pictures = seen.filter(({file, path}) => PICTURES.test(path) || file.type.startsWith('image/'));
  const roots = new Set(pictures.map(({path}) => path.includes('/') ? path.split('/')[0] : ''));
  const [root] = roots, common = roots.size === 1 && root;
  return {
    pictures: common ? pictures.map(({file, path}) => ({file, path: path.slice(root.length + 1)})) : pictures,
    beside: [],
    others: seen.length - pictures.length,
    name: common || '',
  };
}

export const SAID = ['about.json', 'samples.jsonl'];  // these come first: they say what the others are
const BESIDE = /^(maps|instances|others|licences)\//;

/** The same of files that are one set of samples; null where they are none. */
function samplesOf(files) {
  const roots = files.filter(({path}) => path.split('/').pop() === SAID[1]).map(({path}) => path.slice(0, -SAID[1].length));
  if (roots.length !== 1) return null;
  const [root] = roots, within = files.filter(({path}) => path.startsWith(root)).map(({file, path}) => ({file, path: path.slice(root.length)}));
  const said = SAID.map((name) => within.find(({path}) => path === name));
  if (!said.every(Boolean)) return null;
  const pictures = within.filter(({path}) => path.startsWith('images/'));
  const beside = [...said, ...within.filter(({path}) => BESIDE.test(path))];
  return {pictures, beside, others: files.length - pictures.length - beside.length, name: root.split('/').slice(-2)[0]};
}
