#!/bin/sh
# Writes sim/surae/report/assets/three.min.js from three.js and esbuild of these versions (npm).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into="$here/../../sim/surae/report/assets"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y > /dev/null
npm install --no-audit --no-fund three@0.187.0 esbuild@0.28.2
cp "$here/entry.js" entry.js
npx esbuild entry.js --bundle --minify --format=iife --global-name=THREE --legal-comments=none \
    --target=es2020 --outfile=three.min.js
# The license asks to travel with every copy: each report is one.
sed 's/\xc2\xa9/(c)/' node_modules/three/LICENSE > "$into/three.js.LICENSE.txt"
{ echo "/*! three.js 0.187.0"; cat "$into/three.js.LICENSE.txt"; echo "*/"; cat three.min.js; } \
    > "$into/three.min.js"
