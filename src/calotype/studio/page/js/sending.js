// The progress of uploads, below the header: shown if one takes longer than a moment.

const WAIT = 300;  // milliseconds after which an upload is shown

/** Listen to uploads of single pictures. */
export function showSending() {
  const place = document.getElementById('sending'), [words, percent, bar] = place.children;
  const active = new Map();
  const show = () => {
    const seen = [...active.values()].filter((one) => performance.now() - one.began >= WAIT && one.all);
    place.hidden = !seen.length;
    if (!seen.length) return;
    const sum = (key) => seen.reduce((all, one) => all + one[key], 0), share = sum('sent') / sum('all');
    bar.value = share;
    words.textContent = `Uploading ${seen.length > 1 ? `${seen.length} pictures` : seen[0].name}:`;
    percent.textContent = `${Math.floor(100 * share)} %`;
  };
  addEventListener('sending', ({detail: {key, ended, ...now}}) => {
    if (ended) active.delete(key);
    else active.set(key, {began: active.get(key)?.began ?? performance.now(), ...now});
    show();
  });
}
