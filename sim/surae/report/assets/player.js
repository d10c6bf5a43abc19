// The animation in the page: a stage, its controls, and a clock of percent of the stride that the
// plots follow (event "stride"). Without WebGL the strip of pictures stays in its place.

(() => {
  "use strict";
  const stage = document.querySelector(".stage");
  if (!stage) return;
  const data = JSON.parse(document.getElementById("runner-data").textContent);
  const find = (name) => stage.querySelector(`[data-part="${name}"]`);
  const canvas = find("canvas"), scrub = find("scrub"), told = find("told"), play = find("play");
  const choice = { runner: find("runner"), ghost: find("ghost"), pace: find("pace"), flesh: find("flesh") };
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const VIEWS = { side: [0, 4], oblique: [38, 10], front: [90, 4], back: [-90, 4] };
  const CENTER = 0.88, TALL = 1.94, WIDE = 1.5, BESIDE = 1.0; // m

  // Asked of a canvas of its own: three.js would fill the console.
  const probe = document.createElement("canvas").getContext("webgl2");
  find("flat").hidden = Boolean(probe);
  if (!probe) return; // the strip of pictures is already there
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  let renderer;
  try {
    renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
  } catch {
    find("flat").hidden = false;
    return;
  }
  stage.classList.add("live");

  const scene = new THREE.Scene();
  const camera = new THREE.PerspectiveCamera(26, 1, 0.1, 40);
  const sun = new THREE.DirectionalLight(0xffffff, 2.1), fill = new THREE.DirectionalLight(0xffffff, 0.7);
  sun.position.set(2, 5, 4);
  fill.position.set(-3, 2, -4);
  scene.add(new THREE.HemisphereLight(0xffffff, 0x8890a0, 1.5), sun, fill);
  const orbit = new THREE.OrbitControls(camera, canvas);
  orbit.enablePan = orbit.enableZoom = false;
  orbit.maxPolarAngle = 1.62;
  canvas.style.touchAction = "pan-y"; // a finger that moves up and down scrolls the page
  orbit.addEventListener("change", () => draw());

  const ties = new THREE.LineSegments(new THREE.BufferGeometry(), new THREE.LineBasicMaterial());
  scene.add(ties);
  const lines = [];
  for (let i = -8; i <= 8; i++) lines.push(i * 0.25, 0, -0.45, i * 0.25, 0, 0.45);
  ties.geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(lines), 3));

  let shown, ghost, percent = 0, playing = false, visible = true, last = 0, waiting = false;
  const made = new Map();
  const figure = (stride, pale) => {
    const key = `${stride} ${pale}`;
    if (!made.has(key)) made.set(key, new Runner3d.Figure(data, stride, pale));
    return made.get(key);
  };

  function choose() {
    scene.remove(...[shown, ghost].filter(Boolean).map((each) => each.group));
    const number = Number(choice.runner?.value ?? 0);
    shown = figure(number, false);
    scene.add(shown.group);
    const mode = data.ghost === null || number === data.ghost ? "off" : (choice.ghost?.value ?? "over");
    ghost = mode === "off" ? null : figure(data.ghost, true);
    if (ghost) {
      ghost.group.position.x = mode === "beside" ? -BESIDE : 0;
      scene.add(ghost.group);
    }
    shown.flesh.visible = choice.flesh.checked;
    const before = orbit.target.x;
    orbit.target.set(mode === "beside" && ghost ? -BESIDE / 2 : 0, CENTER, 0);
    camera.position.x += orbit.target.x - before;
    fit();
  }

  function fit() {
    const box = canvas.parentElement.getBoundingClientRect();
    if (!box.width) return;
    renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    renderer.setSize(box.width, box.height, false);
    camera.aspect = box.width / box.height;
    const half = Math.tan((camera.fov * Math.PI) / 360);
    const wide = WIDE + (orbit.target.x ? BESIDE : 0);
    const away = Math.max(TALL / 2 / half, wide / 2 / half / camera.aspect) + 0.3;
    direction().setLength(away);
    camera.position.copy(orbit.target).add(offset);
    camera.updateProjectionMatrix();
    draw();
  }

  const offset = new THREE.Vector3();
  const direction = () => offset.subVectors(camera.position, orbit.target);

  function look(azimuth, elevation) {
    const [a, e] = [azimuth, elevation].map((angle) => (angle * Math.PI) / 180);
    const away = Math.max(direction().length(), 1);
    offset.set(Math.sin(a) * Math.cos(e), Math.sin(e), Math.cos(a) * Math.cos(e)).setLength(away);
    camera.position.copy(orbit.target).add(offset);
    orbit.update();
    draw();
  }

  function turnBy(azimuth, elevation) {
    direction();
    const a = (Math.atan2(offset.x, offset.z) * 180) / Math.PI + azimuth;
    const e = (Math.asin(offset.y / offset.length()) * 180) / Math.PI + elevation;
    look(a, Math.min(Math.max(e, -2), 85));
  }

  function render() {
    waiting = false;
    shown.pose(percent);
    ghost?.pose(percent);
    ties.position.x = -((shown.own.speed * shown.own.duration * percent) / 100) % 0.25;
    renderer.render(scene, camera);
  }

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(render);
  }

  function goTo(value) {
    percent = ((value % 100) + 100) % 100;
    scrub.value = percent.toFixed(1);
    const time = (percent / 100) * shown.own.duration, off = shown.own.toeOff;
    const phase = off === null ? "" : percent < off ? ", right foot on the ground" : ", right foot in the air";
    told.textContent = `${percent.toFixed(0)} % of the stride, ${(1000 * time).toFixed(0)} ms${phase}`;
    scrub.setAttribute("aria-valuetext", told.textContent);
    document.dispatchEvent(new CustomEvent("stride", { detail: percent }));
    draw();
  }

  function tick(now) {
    if (!playing || !visible) return;
    const passed = Math.min((now - last) / 1000, 0.1);
    last = now;
    goTo(percent + (100 * passed * Number(choice.pace.value)) / shown.own.duration);
    requestAnimationFrame(tick);
  }

  function setPlaying(on) {
    playing = on;
    play.textContent = on ? "Pause" : "Play";
    last = performance.now();
    if (on) requestAnimationFrame(tick);
  }

  function theme() {
    const style = getComputedStyle(document.documentElement);
    ties.material.color.set(style.getPropertyValue("--line-strong").trim() || "#999999");
    draw();
  }

  play.addEventListener("click", () => setPlaying(!playing));
  scrub.addEventListener("input", () => {
    setPlaying(false);
    goTo(Math.min(Number(scrub.value), 99.99));
  });
  for (const select of [choice.runner, choice.ghost, choice.flesh]) select?.addEventListener("change", choose);
  for (const button of stage.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => look(...VIEWS[button.dataset.view]));
  }
  for (const button of stage.querySelectorAll("[data-turn]")) {
    button.addEventListener("click", () => turnBy(Number(button.dataset.turn), 0));
  }
  const KEYS = {
    " ": () => setPlaying(!playing),
    ArrowLeft: () => turnBy(-10, 0),
    ArrowRight: () => turnBy(10, 0),
    ArrowUp: () => turnBy(0, 6),
    ArrowDown: () => turnBy(0, -6),
    ",": () => goTo(percent - 1),
    ".": () => goTo(percent + 1),
  };
  canvas.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  new ResizeObserver(fit).observe(canvas.parentElement);
  new IntersectionObserver(([seen]) => {
    visible = seen.isIntersecting;
    last = performance.now();
    if (visible && playing) requestAnimationFrame(tick);
  }).observe(canvas);
  document.addEventListener("theme", theme);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);

  camera.position.set(2, CENTER + 0.5, 4);
  choose();
  look(...VIEWS.oblique);
  theme();
  goTo(data.start);
  if (!still.matches) setPlaying(true);
})();
