#!/bin/sh
# Fetches the vendored front-end files again, by package name and version.
# The results are committed: neither the build nor the program needs npm.
set -eu
package=bootstrap-italia
version=2.18.3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm pack --silent "$package@$version" >/dev/null
tar xzf "$package-$version.tgz"
target="$here/vendor/$package"
rm -rf "$target"
mkdir -p "$target/css" "$target/svg" "$target/fonts"
cp package/dist/css/bootstrap-italia.min.css "$target/css/"
cp package/dist/svg/sprites.svg "$target/svg/"
# Titillium Web is the only family our pages use; three weights are enough.
for weight in regular 600 700; do
  cp "package/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-$weight.woff2" "$target/fonts/"
done
cp package/LICENSE "$target/LICENSE.txt"
cp package/dist/fonts/Titillium_Web/OFL.txt "$target/fonts/OFL.txt"
# The map beside the style sheet is not shipped.
sed -i 's|/\*# sourceMappingURL=[^*]*\*/||' "$target/css/bootstrap-italia.min.css"
