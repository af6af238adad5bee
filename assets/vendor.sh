#!/bin/sh
# Fetches the vendored front-end files again, by package name and version, and keeps what our pages use:
# run it after a template has got a class or an icon of Bootstrap Italia that no page had (a test says so).
# The results are committed: neither the build nor the program needs npm.
set -eu
package=bootstrap-italia
version=2.18.3
purge=8.0.0
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package@$version" >/dev/null
tar xzf "$package-$version.tgz"
npm install --silent --no-save "purgecss@$purge" >/dev/null
target="$here/vendor/$package"
rm -rf "$target"
mkdir -p "$target/css" "$target/svg" "$target/fonts"
# Titillium Web is the only family our pages use; three weights are enough.
for weight in regular 600 700; do
  cp "package/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-$weight.woff2" "$target/fonts/"
done
cp package/LICENSE "$target/LICENSE.txt"
cp package/dist/fonts/Titillium_Web/OFL.txt "$target/fonts/OFL.txt"
cat >subset.js <<'END'
const fs = require('fs');
const { PurgeCSS } = require('purgecss');
const [here, target] = process.argv.slice(2);
const files = folder => fs.readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? files(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]);
const pages = files(`${here}/../src/render/page`).filter(file => file.endsWith('.html'));
const icons = new Set(pages.flatMap(file =>
  [...fs.readFileSync(file, 'utf8').matchAll(/icon\("([a-z0-9-]+)"\)/g)].map(found => found[1])));
const sprites = fs.readFileSync('package/dist/svg/sprites.svg', 'utf8');
const symbols = [...sprites.matchAll(/<(symbol|svg|g)\b[^>]*id="it-([a-z0-9-]+)".*?<\/\1>/gs)];
const kept = symbols.filter(found => icons.has(found[2])).map(found => found[0]);
if (kept.length !== icons.size) throw new Error(`icons: ${[...icons]}, found ${kept.length}`);
const head = sprites.match(/<svg[^>]*>/)[0];
fs.writeFileSync(`${target}/svg/sprites.svg`, `${head}${kept.join('')}</svg>\n`);
new PurgeCSS().purge({
  content: pages,
  css: ['package/dist/css/bootstrap-italia.min.css'],
  variables: true, keyframes: true, fontFace: true,
  // words between quotes and spaces: classes stand in conditions of templates too
  defaultExtractor: text => text.match(/[A-Za-z0-9_-]+/g) || [],
  blocklist: ['collapse', 'dropdown', 'fade', 'show', 'modal', 'row', 'col', 'next', 'prev', 'active', 'disabled'],
}).then(([done]) => {
  const css = done.css.replace(/\/\*# sourceMappingURL=[^*]*\*\//, '');
  fs.writeFileSync(`${target}/css/bootstrap-italia.subset.css`, css);
});
END
node subset.js "$here" "$target"
