// Bones, muscles, tendons and arrows of one runner as three.js objects, posed by percent of stride.
// `data` is what scene_json.py writes; lengths become metres here.

const Runner3d = (() => {
  "use strict";
  const RADIAL = 12, CAP_RINGS = 5;
  const UP = new THREE.Vector3(0, 1, 0);
  const spot = new THREE.Vector3(), direction = new THREE.Vector3(), turn = new THREE.Quaternion();
  const size = new THREE.Vector3(), matrix = new THREE.Matrix4(), tint = new THREE.Color();

  // A rod with two round ends as rings of vertices around its axis.
  function addRod(into, from, to, fromRadius, toRadius) {
    direction.subVectors(to, from);
    const length = direction.length();
    turn.setFromUnitVectors(UP, length > 1e-6 ? direction.clone().divideScalar(length) : UP);
    const rings = [];
    for (let i = 0; i <= CAP_RINGS; i++) {
      rings.push([fromRadius, 0, -Math.PI / 2 + (i * Math.PI) / 2 / CAP_RINGS]);
    }
    for (let i = 0; i <= CAP_RINGS; i++) rings.push([toRadius, length, (i * Math.PI) / 2 / CAP_RINGS]);
    const base = into.places.length / 3;
    for (const [radius, along, angle] of rings) {
      for (let k = 0; k < RADIAL; k++) {
        const around = (2 * Math.PI * k) / RADIAL;
        direction.set(Math.cos(angle) * Math.cos(around), Math.sin(angle), Math.cos(angle) * Math.sin(around));
        spot.copy(direction).multiplyScalar(radius);
        spot.y += along;
        spot.applyQuaternion(turn).add(from);
        direction.applyQuaternion(turn);
        into.places.push(spot.x, spot.y, spot.z);
        into.normals.push(direction.x, direction.y, direction.z);
      }
    }
    for (let r = 0; r + 1 < rings.length; r++) {
      for (let k = 0; k < RADIAL; k++) {
        const a = base + r * RADIAL + k, b = base + r * RADIAL + ((k + 1) % RADIAL);
        into.faces.push(a, a + RADIAL, b, b, a + RADIAL, b + RADIAL);
      }
    }
  }

  function geometryOf(shape) {
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute("position", new THREE.BufferAttribute(new Float32Array(shape.places), 3));
    geometry.setAttribute("normal", new THREE.BufferAttribute(new Float32Array(shape.normals), 3));
    geometry.setIndex(shape.faces);
    return geometry;
  }

  function unitRods(count, material) {
    const mesh = new THREE.InstancedMesh(new THREE.CylinderGeometry(1, 1, 1, 10, 1, true), material, count);
    mesh.frustumCulled = false;
    return mesh;
  }

  function layRod(mesh, index, from, to, radius) {
    direction.subVectors(to, from);
    const length = Math.max(direction.length(), 1e-6);
    turn.setFromUnitVectors(UP, direction.divideScalar(length));
    spot.addVectors(from, to).multiplyScalar(0.5);
    mesh.setMatrixAt(index, matrix.compose(spot, turn, size.set(radius, length, radius)));
  }

  // Colour at a share of a scale, linear between its stops.
  function along(stops, share) {
    const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2), part = at - low;
    const mixed = stops[low].map((v, i) => (v + part * (stops[low + 1][i] - v)) / 255);
    return tint.setRGB(...mixed, THREE.SRGBColorSpace || "srgb");
  }

  class Figure {
    // One stride; `ghost` leaves bones only, translucent.
    constructor(data, stride, ghost) {
      this.data = data;
      this.look = data.look;
      this.own = data.strides[stride];
      this.figure = data.figures[this.own.figure];
      this.ghost = ghost;
      this.group = new THREE.Group();
      this.bodies = this.figure.bodies.map(() => new THREE.Group());
      this.bodies.forEach((body) => this.group.add(body));
      this.addBones();
      if (!ghost) {
        this.addContacts();
        this.addMuscles();
        this.addTendons();
        this.addArrows();
      }
      this.points = [new THREE.Vector3(), new THREE.Vector3()];
    }

    addBones() {
      const length = this.data.steps.length;
      const shapes = this.figure.bodies.map(() => ({ places: [], normals: [], faces: [] }));
      for (const rod of this.figure.rods) {
        const [body, ...n] = rod, m = n.map((v) => v * length);
        addRod(shapes[body], new THREE.Vector3(m[0], m[1], m[2]), new THREE.Vector3(m[3], m[4], m[5]), m[6], m[7]);
      }
      const color = along([this.ghost ? this.look.ghost : this.look.bone, [0, 0, 0]], 0).clone();
      const material = this.ghost
        ? // Pushed back a little: where both runners agree, the other one is seen.
          new THREE.MeshLambertMaterial({
            color, transparent: true, opacity: 0.38,
            polygonOffset: true, polygonOffsetFactor: 3, polygonOffsetUnits: 6,
          })
        : new THREE.MeshStandardMaterial({ color, roughness: 0.7 });
      shapes.forEach((shape, body) => {
        if (shape.faces.length) this.bodies[body].add(new THREE.Mesh(geometryOf(shape), material));
      });
    }

    addContacts() {
      const length = this.data.steps.length;
      const color = along([this.look.contact, [0, 0, 0]], 0).clone();
      const material = new THREE.MeshLambertMaterial({ color, transparent: true, opacity: 0.3, depthWrite: false });
      for (const [body, x, y, z, radius] of this.figure.spheres) {
        const ball = new THREE.Mesh(new THREE.SphereGeometry(radius * length, 20, 14), material);
        ball.position.set(x * length, y * length, z * length);
        this.bodies[body].add(ball);
      }
    }

    addMuscles() {
      const pieces = this.figure.muscles.reduce((sum, [, way]) => sum + way.length - 1, 0);
      const joints = this.figure.muscles.reduce((sum, [, way]) => sum + way.length, 0);
      const material = new THREE.MeshStandardMaterial({ roughness: 0.6 });
      this.muscles = unitRods(Math.max(pieces, 1), material);
      this.beads = new THREE.InstancedMesh(new THREE.SphereGeometry(1, 10, 8), material, Math.max(joints, 1));
      this.beads.frustumCulled = false;
      this.flesh = new THREE.Group();
      this.flesh.add(this.muscles, this.beads);
      this.group.add(this.flesh);
    }

    addTendons() {
      this.tendons = unitRods(2, new THREE.MeshStandardMaterial({ roughness: 0.45 }));
      this.group.add(this.tendons);
    }

    addArrows() {
      const color = along([this.look.reaction, [0, 0, 0]], 0).clone();
      // Seen through the leg that it runs in.
      const material = new THREE.MeshStandardMaterial({
        color, roughness: 0.5, transparent: true, opacity: 0.8, depthTest: false,
      });
      this.arrows = [0, 1].map(() => {
        const arrow = new THREE.Group();
        const shaft = new THREE.Mesh(new THREE.CylinderGeometry(0.011, 0.011, 1, 12), material);
        const tip = new THREE.Mesh(new THREE.CylinderGeometry(0, 0.03, 0.085, 18), material);
        arrow.add(shaft, tip);
        shaft.renderOrder = tip.renderOrder = 5;
        this.group.add(arrow);
        return arrow;
      });
    }

    // Numbers of a flat (frame, width) array at this percent: pairs of frames, mixed linearly.
    mix(array, width, index) {
      const { low, high, part } = this.at;
      const a = array[low * width + index], b = array[high * width + index];
      return a + part * (b - a);
    }

    pose(percent) {
      const frames = this.own.frames, place = (percent / 100) * frames, low = Math.floor(place) % frames;
      this.at = { low, high: (low + 1) % frames, part: place - Math.floor(place) };
      const { length, turn: unit } = this.data.steps, n = this.bodies.length;
      const other = new THREE.Quaternion();
      this.bodies.forEach((body, b) => {
        body.position.set(...[0, 1, 2].map((k) => length * this.mix(this.own.origins, 3 * n, 3 * b + k)));
        const first = 4 * (low * n + b), second = 4 * (this.at.high * n + b), t = this.own.turns;
        body.quaternion.set(t[first] * unit, t[first + 1] * unit, t[first + 2] * unit, t[first + 3] * unit).normalize();
        other.set(t[second] * unit, t[second + 1] * unit, t[second + 2] * unit, t[second + 3] * unit).normalize();
        body.quaternion.slerp(other, this.at.part);
      });
      if (this.ghost) return;
      this.poseMuscles();
      this.poseTendons();
      this.poseArrows();
    }

    // A vertex is [body, x, y, z] on a body, or [-1, track].
    vertex(into, vertex) {
      const length = this.data.steps.length;
      if (vertex[0] < 0) {
        const width = this.own.tracks.length / this.own.frames;
        const [x, y, z] = [0, 1, 2].map((k) => length * this.mix(this.own.tracks, width, 3 * vertex[1] + k));
        return into.set(x, y, z);
      }
      const body = this.bodies[vertex[0]];
      into.set(vertex[1] * length, vertex[2] * length, vertex[3] * length);
      return into.applyQuaternion(body.quaternion).add(body.position);
    }

    poseMuscles() {
      const [from, to] = this.points, width = this.figure.muscleNames.length;
      let piece = 0, bead = 0;
      for (const [muscle, way] of this.figure.muscles) {
        const share = this.data.steps.share * this.mix(this.own.activation, width, muscle);
        const radius = this.figure.muscleRadius[muscle] * this.data.steps.length * (0.55 + 0.45 * share);
        const color = along(this.look.activation, share);
        this.vertex(from, way[0]);
        for (let i = 0; i < way.length; i++) {
          if (i > 0) {
            this.vertex(to, way[i]);
            layRod(this.muscles, piece, from, to, radius);
            this.muscles.setColorAt(piece++, color);
            from.copy(to);
          }
          this.beads.setMatrixAt(bead, matrix.compose(from, turn.identity(), size.setScalar(radius)));
          this.beads.setColorAt(bead++, color);
        }
      }
      for (const mesh of [this.muscles, this.beads]) {
        mesh.instanceMatrix.needsUpdate = true;
        if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
      }
    }

    poseTendons() {
      const [from, to] = this.points;
      this.figure.tendons.forEach((ends, side) => {
        const share = (this.data.steps.force * this.mix(this.own.tendonForce, 2, side)) / this.look.tendonFull;
        if (!ends) return;
        layRod(this.tendons, side, this.vertex(from, ends[0]), this.vertex(to, ends[1]), 0.005 + 0.007 * Math.min(share, 1));
        this.tendons.setColorAt(side, along(this.look.tendon, share));
      });
      this.tendons.instanceMatrix.needsUpdate = true;
      if (this.tendons.instanceColor) this.tendons.instanceColor.needsUpdate = true;
    }

    poseArrows() {
      const { length, force } = this.data.steps;
      this.arrows.forEach((arrow, side) => {
        const numbers = [0, 1, 2].map((k) => force * this.mix(this.own.ground, 12, 6 + 3 * side + k));
        // In the frame before contact there is no point yet: take the nearer frame's.
        const at = this.at.part < 0.5 ? this.at.low : this.at.high;
        const foot = [0, 1, 2].map((k) => length * this.own.ground[12 * at + 3 * side + k]);
        direction.set(...numbers);
        const drawn = direction.length() * this.look.arrow;
        arrow.visible = drawn > 0.09;
        if (!arrow.visible) return;
        arrow.position.set(...foot);
        arrow.quaternion.setFromUnitVectors(UP, direction.normalize());
        const [shaft, tip] = arrow.children, shaftLength = drawn - 0.085;
        shaft.scale.y = shaftLength;
        shaft.position.y = shaftLength / 2;
        tip.position.y = drawn - 0.0425;
      });
    }
  }

  return { Figure };
})();
