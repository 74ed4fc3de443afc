// Selection of files and folders, by dialog or drag and drop.

const PICTURES = /\.(a?png|jpe?g|jpe|jfif|mpo|webp|gif|tiff?|bmp|p[pgbn]m|tga|jp2|j2k|avif|hei[cf])$/i;

/** A file with its path: {file, path}; the path starts with the name of the chosen folder. */
const withPath = (file, path = '') => ({file, path: path || file.webkitRelativePath || file.name});

/** Open a file dialog, or a folder dialog with `folder`; resolves to [{file, path}], empty if cancelled. */
export function chooseMany({folder = false, accept = 'image/*,.heic,.heif'} = {}) {
  return new Promise((resolve) => {
    const input = Object.assign(document.createElement('input'), {type: 'file', multiple: true, hidden: true});
    if (folder) input.webkitdirectory = true; else input.accept = accept;
    input.className = folder ? 'folder' : 'files';
    input.setAttribute('aria-hidden', 'true');
    const end = (files) => { input.remove(); resolve(files); };
    input.onchange = () => end([...input.files].map((file) => withPath(file)));
    input.oncancel = () => end([]);
    document.body.append(input);
    input.click();
  });
}

/** The dropped files, including those in folders: {files, folders}, with `folders` the names of dropped folders. */
export async function dropped(transfer) {
  const entries = [...(transfer?.items || [])].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const folders = entries.filter((entry) => entry.isDirectory).map((entry) => entry.name);
  if (!folders.length) return {files: [...(transfer?.files || [])].map((file) => withPath(file)), folders};
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return {files, folders};
}

async function walk(entry, files) {
  if (entry.name.startsWith('.')) return;
  if (entry.isFile) {
    files.push(withPath(await new Promise((resolve, reject) => entry.file(resolve, reject)), entry.fullPath.replace(/^\//, '')));
    return;
  }
  const reader = entry.createReader();
  // The entries are read in batches; an empty batch is the end.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, files);
  }
}

/**
 * Sort files: {pictures, beside, others, name}, with `others` the number of other files and `name` that of the common folder, which is removed from the paths.
 * For a data set created by `calotype data`, `pictures` are those in images/, and `beside` are its metadata and label maps.
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

export const METADATA = ['about.json', 'samples.jsonl'];  // metadata, uploaded first
const BESIDE = /^(maps|instances|others|licences)\//;

/** The same for the files of a data set with samples.jsonl; null if they are none. */
function samplesOf(files) {
  const roots = files.filter(({path}) => path.split('/').pop() === METADATA[1]).map(({path}) => path.slice(0, -METADATA[1].length));
  if (roots.length !== 1) return null;
  const [root] = roots, within = files.filter(({path}) => path.startsWith(root)).map(({file, path}) => ({file, path: path.slice(root.length)}));
  const metadata = METADATA.map((name) => within.find(({path}) => path === name));
  if (!metadata.every(Boolean)) return null;
  const pictures = within.filter(({path}) => path.startsWith('images/'));
  const beside = [...metadata, ...within.filter(({path}) => BESIDE.test(path))];
  return {pictures, beside, others: files.length - pictures.length - beside.length, name: root.split('/').slice(-2)[0]};
}
