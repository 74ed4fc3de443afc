"""A differentiable renderer of primitives in plain PyTorch: cuboids, spheres, point clouds, and what surrounds them.

Colour or feature maps, soft alpha and depth of each primitive, with gradients for pose, size and texture; composed by
depth. No rasteriser and no extension: every pixel is a ray, and every primitive a formula.

Conventions: camera coordinates are x to the right, y down, z forward; the world's y points down, too. A pose takes the
object's frame, whose primitive fills -1..1 on each axis times its half sizes, to camera coordinates. Pixel (0, 0) has
its centre at (0.5, 0.5).
"""
