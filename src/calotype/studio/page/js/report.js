// Evaluation reports as tables: measures of single results, or of two sets.
import {h} from './dom.js';

const ONE_BY_ONE = ['sifid', 'sifid_offline', 'sliced', 'copied', 'coverage'];
// Label, meaning and better direction of each measure.
const MEANINGS = {
  fid: ['FID', 'distance of the two sets', 'lower'], kid: ['KID', 'the same, unbiased for small sets', 'lower'],
  precision: ['precision', 'fraction of generated pictures that look real', 'higher'], recall: ['recall', 'fraction of real pictures that are covered', 'higher'],
  density: ['density', 'density of generated pictures near real ones', 'higher'], coverage: ['coverage', 'fraction of real pictures near generated ones', 'higher'],
  class_score: ['class score', 'confidence and variety of classes', 'higher'], fsd: ['FSD', 'distance of class areas', 'lower'],
  psnr: ['PSNR', 'median of the photos, decibel', 'higher'],
  fsd_standardised: ['FSD, standardised', 'the same, with equal weight of all classes', 'lower'],
};

const number = (value) => value === null || value === undefined ? '–' : Math.abs(value) >= 1000 ? Math.round(value).toString() : value.toPrecision(3);
const percent = (value) => value === null || value === undefined ? '' : `${value > 0 ? '+' : ''}${Math.round(100 * value)} %`;

/** The report of a job. */
export function report(job) {
  if (job.report.directions) return h('div', {class: 'report of-sets', tabindex: 0, role: 'region', 'aria-label': 'Directions'}, ofDirections(job.report));
  return h('div', {class: `report ${job.report.values ? 'of-sets' : ''}`, tabindex: 0, role: 'region', 'aria-label': 'Evaluation'}, job.report.values ? ofSets(job.report) : oneByOne(job.report));
}

function table(heads, rows) {
  return h('table', {}, h('thead', {}, h('tr', {}, heads.map((head) => h('th', {scope: 'col'}, head)))),
    h('tbody', {}, rows.map(([first, ...cells]) => h('tr', {}, h('th', {scope: 'row'}, first), cells.map((cell) => h('td', {}, cell))))));
}

function oneByOne({rows, medians, diversity, unpaired}) {
  const names = ONE_BY_ONE.filter((name) => rows.some((row) => row[name] !== null));
  const cells = rows.map((row) => [row.result, ...names.map((name) => number(row[name]))]);
  if (rows.length > 1) cells.push(['median', ...names.map((name) => number(medians[name]))]);
  return [table(['result', ...names.map((name) => name.replace('_', ' '))], cells),
    diversity !== null ? h('p', {class: 'quiet'}, `diversity ${number(diversity)}`) : null,
    unpaired?.length ? h('p', {class: 'quiet'}, `Skipped, without a partner: ${unpaired.slice(0, 8).join(', ')}${unpaired.length > 8 ? ` and ${unpaired.length - 8} more` : ''}`) : null];
}

const share = (value) => value === null || value === undefined ? '–' : `${Math.round(100 * value)} %`;

function ofDirections({directions, notes}) {
  return [table(['attribute', 'samples with it', 'held-out accuracy', 'changed', 'others kept'], directions.map((one) => [one.attribute, share(one.share), share(one.accuracy), share(one.changed), share(one.kept)])),
    h('p', {class: 'quiet'}, 'Accuracy: of the boundary, on samples that it was not fitted to; 50 % is chance. Changed, kept: what the classifier sees two standard deviations along. ', h('a', {href: '#/adjust'}, 'Adjust'), ' offers these directions.'),
    ...notes.map((note) => h('p', {class: 'remark'}, `${note.charAt(0).toUpperCase()}${note.slice(1)}.`))];
}

function ofSets({values, real, fake, features, classes, notes}) {
  const rows = Object.entries(values).filter(([name]) => !/_(floor|deviation)$/.test(name)).map(([name, value]) => {
    const [words, meaning, better] = MEANINGS[name] || [name.replaceAll('_', ' '), '', ''];
    const floor = values[`${name}_floor`], spread = values[`${name}_deviation`];
    const note = floor !== undefined ? `between halves of the real set ${number(floor)}` : spread !== undefined ? `± ${number(spread)}` : '';
    return [h('span', {}, h('strong', {}, words), ' ', h('span', {class: 'quiet'}, meaning)), number(value), note, better && `${better} is better`];
  });
  return [table(['measure', 'value', '', ''], rows),
    classes.length ? table(['class', 'real %', 'fake %', 'change', 'from', 'to'], classes.map((one) => [one.name, one.real.toFixed(2), one.fake.toFixed(2), percent(one.change), percent(one.least), percent(one.most)])) : null,
    h('p', {class: 'quiet'}, values.psnr !== undefined ? `${real} photos and what the model draws of them${features ? `; features: ${features}` : ''}.` : `${real} real pictures, ${fake} generated ones${features ? `; features: ${features}` : ''}.`),
    ...notes.map((note) => h('p', {class: 'remark'}, `${note.charAt(0).toUpperCase()}${note.slice(1)}.`))];
}
